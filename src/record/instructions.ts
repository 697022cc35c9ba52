import { z } from 'zod';
import { metricIdentity } from './metric-identity.js';
import { reasonSchema, UNAVAILABLE } from './metric-status.js';

/**
 * Instructions per operation, counted and not timed. Under QEMU's instruction clock a kernel executes
 * the same instructions in every boot, on any machine.
 */

const word = z.string().min(1).max(128);
const text = z.string().max(512);

/** A function of traced operations. */
const tracedFunctionSchema = z.strictObject({
  name: z.string().min(1).max(512),
  module: z.string().max(128).optional(),
  kernel: z.boolean(),
  /** Whether it is a part of its caller in the machine's code. */
  inlined: z.literal(true).optional(),
});

/** Five times the calls of starting a program, inlined functions included. */
export const MAX_CALLS = 100_000;
const calls = z.array(z.int().min(0).max(MAX_CALLS)).max(MAX_CALLS);

/**
 * The call tree of a batch's operations, or the mean of two trees if the count lies between two
 * batches. Each call follows its caller and is one level deeper. Entry i of each list is call i.
 */
const tracedOperationsSchema = z
  .strictObject({
    /** Operations of the batch: divide by it to get the instructions of one operation. */
    operations: z.int().min(1).max(1_000_000_000),
    /** Positions in the list of functions that all metrics share. */
    functions: calls,
    depths: calls,
    /** Instructions in the function itself, over all operations. */
    instructions: z.array(z.number().min(-1e12).max(1e12)).max(MAX_CALLS),
  })
  .refine(
    ({ functions, depths, instructions }) =>
      functions.length === depths.length && functions.length === instructions.length,
    { error: 'its lists are not of one length' },
  );

const instructionMetricSchema = z.discriminatedUnion('status', [
  z.strictObject({
    ...metricIdentity,
    status: z.literal('ok'),
    /** Instructions per operation, one number for each boot. */
    boots: z.array(z.number().min(0).max(1e12)).min(1).max(64),
    /** What was executed, if it was traced: the batch that gave the first boot's number. */
    traced: tracedOperationsSchema.optional(),
    /** Why it could not be traced, one clause. */
    untraced: text.optional(),
  }),
  z.strictObject({ ...metricIdentity, status: z.enum(UNAVAILABLE), reason: reasonSchema }),
]);

export const instructionsSchema = z
  .strictObject({
    /**
     * What a count depends on besides the kernel: the emulator, its version, and the machine and CPU
     * that it emulates. If two runs agree on all of it, their counts can be compared on any machine.
     */
    conditions: z.record(word, text),
    metrics: z.array(instructionMetricSchema).max(512),
    /** The functions of all traced operations. */
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
