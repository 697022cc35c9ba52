import { resolve } from 'node:path';
import { targetSchema } from '../../record/run.js';
import type { KernelSpec } from '../spec.js';
import { Refusal } from '../words.js';
import { parseAuditRule } from './audit-rule.js';

/** How a user writes the spec. */
export const KERNEL_SYNTAX =
  'kernel:PATH [seccomp=PROFILE] [audit-rule=RULE] [vmlinux=FILE] [kernel command line]';

const MAX_SPEC = targetSchema.shape.spec.maxLength ?? 0;

/** COMMAND_LINE_SIZE is 2048 on x86 and arm64; the probe needs a part of it. */
const MAX_COMMAND_LINE = 1800;

const SECCOMP = 'seccomp=';
const VMLINUX = 'vmlinux=';
const AUDIT_RULE = 'audit-rule=';

type Parts = Pick<KernelSpec, 'path' | 'commandLine' | 'seccomp' | 'vmlinux' | 'auditRules'>;

/**
 * Splits a spec into its parts. The words after the path go to the kernel unchanged, except for
 * ours: what the probe measures under, and where function names are. Blanks in a word are in double
 * quotes, as a kernel reads them (lib/cmdline.c, next_arg()).
 *
 * @param rest what follows `kernel:`
 * @throws Refusal with a clause
 */
export function splitKernelSpec(spec: string, rest: string): Parts {
  if (spec.length > MAX_SPEC) throw new Refusal(`it is longer than ${MAX_SPEC} characters`);
  const [, quoted, plain, written = ''] =
    /^(?:"([^"]+)"|([^\s"]\S*))(?:\s+(.*))?$/s.exec(rest) ?? [];
  const path = quoted ?? plain;
  if (path === undefined) {
    throw new Refusal('write kernel:PATH, then a blank and its command line');
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
    throw new Refusal('its command line has characters other than printable ASCII');
  }
  if (commandLine.length > MAX_COMMAND_LINE) {
    throw new Refusal(`its command line is longer than ${MAX_COMMAND_LINE} characters`);
  }
  if (/(^|\s)--(\s|$)/.test(commandLine)) {
    throw new Refusal(
      'its command line has --, but what follows -- goes to the init, which is the probe; leave it out',
    );
  }
}

const isOurs = (word: string): boolean => /^"?(seccomp|vmlinux|audit-rule)=/.test(word);

/** The values of one of our words, without quotes around the value or the whole word. */
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
    throw new Refusal(`give ${name}${kind} once, and with a ${kind.toLowerCase()}`);
  }
  return path;
}

function auditRulesOf(words: readonly string[]): string[] {
  const rules = valuesOf(words, AUDIT_RULE);
  for (const rule of rules) parseAuditRule(rule);
  return rules;
}
