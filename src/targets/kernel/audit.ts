import { callNumbers } from '../../build/call-numbers.js';
import { usageFailure } from '../../failure.js';
import type { Architecture } from '../../probe/architecture.js';
import type { Workshop } from '../kind.js';
import { Refusal } from '../words.js';
import { auditRuleData, parseAuditRule } from './audit-rule.js';

/**
 * Audit rules as the probe hands them to the kernel, one behind the other.
 *
 * @throws Failure when there is no call of a name, or no compiler whose headers have their numbers
 */
export async function auditRules(
  rules: readonly string[],
  architecture: Architecture,
  { folder, signal }: Pick<Workshop, 'folder' | 'signal'>,
): Promise<Buffer> {
  const numbers = await callNumbers(architecture, folder, signal);
  try {
    return Buffer.concat(
      rules.map((rule) => auditRuleData(parseAuditRule(rule), architecture, numbers)),
    );
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw usageFailure(`The kernel cannot be audited as asked: ${error.message}.`);
  }
}
