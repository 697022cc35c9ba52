import { z } from 'zod';

/** A metric, its definition, and whether it may turn a gate red. */
export const metricIdentity = {
  id: z
    .string()
    .regex(/^[a-z]+\.[a-z0-9_]+$/)
    .max(64),
  version: z.int().min(1).max(1_000_000),
  gate: z.boolean(),
};
