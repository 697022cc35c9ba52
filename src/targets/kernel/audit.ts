import { callNumbers } from '../../build/call-numbers.js';
import { usageFailure } from '../../failure.js';
import type { Architecture } from '../../probe/architecture.js';
import type { TargetTools } from '../kind.js';
import { Refusal } from '../words.js';
import { auditRuleData, parseAuditRule } from './audit-rule.js';

/**
 * Encodes audit rules as the probe hands them to the kernel, one after the other.
 *
 * @throws Failure if no system call has a given name, or no compiler is installed whose headers
 *   have the numbers
 */
export async function auditRules(
  rules: readonly string[],
  architecture: Architecture,
  { folder, signal }: Pick<TargetTools, 'folder' | 'signal'>,
): Promise<Buffer> {
  const numbers = await callNumbers(architecture, folder, signal);
  try {
    return Buffer.concat(
      rules.map((rule) => auditRuleData(parseAuditRule(rule), architecture, numbers)),
    );
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw usageFailure(`The audit rules cannot be used: ${error.message}.`);
  }
}
