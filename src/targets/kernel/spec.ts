import { resolve } from 'node:path';
import { targetSchema } from '../../record/run.js';
import type { KernelSpec } from '../spec.js';
import { Refusal } from '../words.js';
import { parseAuditRule } from './audit-rule.js';

/** How a user writes it. */
export const KERNEL_SYNTAX =
  'kernel:PATH [seccomp=PROFILE] [audit-rule=RULE] [vmlinux=FILE] [kernel command line]';

const MAX_SPEC = targetSchema.shape.spec.maxLength ?? 0;

/** COMMAND_LINE_SIZE of x86 and arm64 is 2048, of which some is the probe's. */
const MAX_COMMAND_LINE = 1800;

const SECCOMP = 'seccomp=';
const VMLINUX = 'vmlinux=';
const AUDIT_RULE = 'audit-rule=';

type Parts = Pick<KernelSpec, 'path' | 'commandLine' | 'seccomp' | 'vmlinux' | 'auditRules'>;

/**
 * Takes a spec apart. The words behind the path are the kernel's, as they stand, but for those that
 * no kernel knows: what the probe measures under, and where names of functions are. Blanks in a word are in double quotes, as a kernel
 * reads them (lib/cmdline.c, next_arg()).
 *
 * @param rest what follows `kernel:`
 * @throws Refusal a clause
 */
export function splitKernelSpec(spec: string, rest: string): Parts {
  if (spec.length > MAX_SPEC) throw new Refusal(`it is longer than ${MAX_SPEC} characters`);
  const [, quoted, plain, written = ''] =
    /^(?:"([^"]+)"|([^\s"]\S*))(?:\s+(.*))?$/s.exec(rest) ?? [];
  const path = quoted ?? plain;
  if (path === undefined) {
    throw new Refusal('write kernel:PATH, and the words of its command line behind a blank');
  }
  const words = written.match(/(?:[^\s"]|"[^"]*(?:"|$))+/g) ?? [];
  const own = words.filter((word) => isOurs(word));
  const commandLine =
    own.length === 0 ? written.trim() : words.filter((word) => !isOurs(word)).join(' ');
  checkCommandLine(commandLine);
  const profile = pathOf(own, SECCOMP, 'PROFILE');
  const vmlinux = pathOf(own, VMLINUX, 'FILE');
  const auditRules = auditRulesOf(own);
  return {
    path: resolve(path),
    commandLine,
    ...(profile === undefined ? {} : { seccomp: resolve(profile) }),
    ...(vmlinux === undefined ? {} : { vmlinux: resolve(vmlinux) }),
    ...(auditRules.length === 0 ? {} : { auditRules }),
  };
}

function checkCommandLine(commandLine: string): void {
  if (/[^ -~]/.test(commandLine)) {
    throw new Refusal('its command line has something other than printable ASCII characters');
  }
  if (commandLine.length > MAX_COMMAND_LINE) {
    throw new Refusal(`its command line is longer than ${MAX_COMMAND_LINE} characters`);
  }
  if (/(^|\s)--(\s|$)/.test(commandLine)) {
    throw new Refusal(
      'its command line has --, and words behind that are for the init, which is the probe',
    );
  }
}

const isOurs = (word: string): boolean => /^"?(seccomp|vmlinux|audit-rule)=/.test(word);

/** The values of a word of ours, without the quotes around them or the whole word. */
const valuesOf = (words: readonly string[], name: string): string[] =>
  words
    .filter((word) => word.replace('"', '').startsWith(name))
    .map((word) => {
      if ((word.match(/"/g)?.length ?? 0) % 2 !== 0)
        throw new Refusal(`close the quote of ${name}`);
      return word.replaceAll('"', '').slice(name.length);
    });

function pathOf(words: readonly string[], name: string, kind: string): string | undefined {
  const [path, ...others] = valuesOf(words, name);
  if (others.length > 0 || path === '') {
    throw new Refusal(`${name}${kind} is there without a ${kind.toLowerCase()}, or more than once`);
  }
  return path;
}

function auditRulesOf(words: readonly string[]): string[] {
  const rules = valuesOf(words, AUDIT_RULE);
  for (const rule of rules) parseAuditRule(rule);
  return rules;
}
