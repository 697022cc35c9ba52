import { z } from 'zod';
import { unitSchema } from '../record/run.js';

/**
 * The catalogue of metrics, as the probe prints it (`probe --list`). Metrics are defined only in
 * the native sources, so a new metric is one entry in one C file.
 */
const metricEntrySchema = z.object({
  id: z.string(),
  version: z.int(),
  /** Whether a regression of this metric turns the gate red. Other metrics only inform. */
  gate: z.boolean(),
  /** One operation takes milliseconds, so it is measured in few launches. */
  slow: z.boolean(),
  /** Off the CPU by design, so occupancy filters none of its batches. */
  waits: z.boolean(),
  /** What its number is: a time, a time that is shown as a rate, or a count. */
  unit: unitSchema,
  /** The default margin is at least this; 0 for no such bound. */
  leastMarginPercent: z.number().min(0).max(1000),
  summary: z.string(),
  /**
   * Per operation: system calls and page faults, switches, and bytes that the kernel copies or
   * moves.
   */
  entries: z.number(),
  switches: z.number(),
  bytes: z.number(),
});

export const catalogueSchema = z.object({
  wire: z.int(),
  catalogue: z.int(),
  metrics: z.array(metricEntrySchema).min(1),
});

export type MetricEntry = z.infer<typeof metricEntrySchema>;
export type Catalogue = z.infer<typeof catalogueSchema>;
