import { z } from 'zod';
import { metricIdentity } from './metric-identity.js';
import { reasonSchema, UNAVAILABLE } from './metric-status.js';

/**
 * Instructions that an operation takes, counted and not timed: a kernel under QEMU's instruction
 * clock executes the same ones in every boot, whatever machine the emulator runs on.
 */

const word = z.string().min(1).max(128);
const text = z.string().max(512);

/**
 * A function as it is called from one place. The tree of calls is written down from the top, each
 * call behind its caller and one deeper.
 */
export const tracedFunctionSchema = z.strictObject({
  name: z.string().min(1).max(512),
  module: z.string().max(128).optional(),
  kernel: z.boolean(),
  /** Instructions an operation in the function itself. */
  own: z.number().min(-1e12).max(1e12),
  depth: z.int().min(0).max(1000),
});

export const instructionMetricSchema = z.discriminatedUnion('status', [
  z.strictObject({
    ...metricIdentity,
    status: z.literal('ok'),
    /** Instructions per operation, one number a boot. */
    boots: z.array(z.number().min(0).max(1e12)).min(1).max(64),
    /** One operation, where it was traced: its functions in call order. */
    operation: z.array(tracedFunctionSchema).max(20_000).optional(),
    /** Why there is no trace of an operation that was to be traced, one clause. */
    untraced: text.optional(),
  }),
  z.strictObject({ ...metricIdentity, status: z.enum(UNAVAILABLE), reason: reasonSchema }),
]);

export const instructionsSchema = z.strictObject({
  /**
   * What a count depends on beside the kernel: the emulator and its version, the machine and the CPU
   * that it emulates. Counts of runs that agree on all of it can be compared, on any machine.
   */
  conditions: z.record(word, text),
  metrics: z.array(instructionMetricSchema).max(512),
});

export type Instructions = z.infer<typeof instructionsSchema>;
export type TracedFunction = z.infer<typeof tracedFunctionSchema>;
export type InstructionMetric = z.infer<typeof instructionMetricSchema>;
