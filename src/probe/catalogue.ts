import { z } from 'zod';
import { unitSchema } from '../record/run.js';

/**
 * The metric catalogue, as the probe itself prints it (`probe --list`): the native sources are its
 * only home, so that a new metric is one entry in one C file.
 */
const metricEntrySchema = z.object({
  id: z.string(),
  version: z.int(),
  /** Whether a regression of this metric turns the gate red; the others only inform. */
  gate: z.boolean(),
  /** One operation takes milliseconds: measured in few launches. */
  slow: z.boolean(),
  /** Off the CPU by design, so that no batch is filtered by occupancy. */
  waits: z.boolean(),
  /** What its number is: a time, a time that is shown as a rate, or a count. */
  unit: unitSchema,
  /** The default margin is never below this; 0 where there is no such bound. */
  leastMarginPercent: z.number().min(0).max(1000),
  summary: z.string(),
  /** Per operation: system calls and page faults, switches, and bytes that the kernel copies or moves. */
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
