import { z } from 'zod';
import { metricIdentity } from './metric-identity.js';
import { reasonSchema, UNAVAILABLE } from './metric-status.js';

/**
 * Instructions that an operation takes, counted and not timed: a kernel under QEMU's instruction
 * clock executes the same ones in every boot, whatever machine the emulator runs on.
 */

const word = z.string().min(1).max(128);
const text = z.string().max(512);

/** A function of traced operations. */
export const tracedFunctionSchema = z.strictObject({
  name: z.string().min(1).max(512),
  module: z.string().max(128).optional(),
  kernel: z.boolean(),
  /** Whether it is a part of its caller in the machine's code. */
  inlined: z.literal(true).optional(),
});

/** Five times as many as starting a program makes, with all that is inlined. */
export const MAX_CALLS = 100_000;
const calls = z.array(z.int().min(0).max(MAX_CALLS)).max(MAX_CALLS);

/**
 * The operations of a batch, or the mean of two that the number lies between: a tree of functions as
 * they were called, written down from the top, each call behind its caller and one deeper. Entry i of
 * each list is call i.
 */
export const tracedOperationsSchema = z
  .strictObject({
    /** In the batch: what it executed, shared among them, is what one operation did. */
    operations: z.int().min(1).max(1_000_000_000),
    /** Positions in the list of functions that all metrics share. */
    functions: calls,
    depths: calls,
    /** In the function itself, by all operations. */
    instructions: z.array(z.number().min(-1e12).max(1e12)).max(MAX_CALLS),
  })
  .refine(
    ({ functions, depths, instructions }) =>
      functions.length === depths.length && functions.length === instructions.length,
    { error: 'its lists are not of one length' },
  );

export const instructionMetricSchema = z.discriminatedUnion('status', [
  z.strictObject({
    ...metricIdentity,
    status: z.literal('ok'),
    /** Instructions per operation, one number a boot. */
    boots: z.array(z.number().min(0).max(1e12)).min(1).max(64),
    /** What was executed, where that was traced: of what the first boot's number is of. */
    traced: tracedOperationsSchema.optional(),
    /** Why it could not be, one clause. */
    untraced: text.optional(),
  }),
  z.strictObject({ ...metricIdentity, status: z.enum(UNAVAILABLE), reason: reasonSchema }),
]);

export const instructionsSchema = z
  .strictObject({
    /**
     * What a count depends on beside the kernel: the emulator and its version, the machine and the CPU
     * that it emulates. Counts of runs that agree on all of it can be compared, on any machine.
     */
    conditions: z.record(word, text),
    metrics: z.array(instructionMetricSchema).max(512),
    /** Of all traced operations. */
    functions: z.array(tracedFunctionSchema).max(MAX_CALLS).optional(),
  })
  .refine(
    ({ metrics, functions = [] }) =>
      metrics.every(
        (metric) =>
          metric.status !== 'ok' ||
          (metric.traced?.functions ?? []).every((one) => one < functions.length),
      ),
    { error: 'a traced operation names a function that is not in the list', path: ['functions'] },
  );

export type Instructions = z.infer<typeof instructionsSchema>;
export type TracedOperations = z.infer<typeof tracedOperationsSchema>;
export type TracedFunction = z.infer<typeof tracedFunctionSchema>;
export type InstructionMetric = z.infer<typeof instructionMetricSchema>;
