import { z } from 'zod';
import type { Architecture } from '../../probe/architecture.js';
import { Refusal } from '../words.js';

/**
 * A seccomp profile in the format of container engines (docs.docker.com/engine/security/seccomp), or
 * of an OCI runtime (config-linux.md, "Seccomp"), which is the same without conditions.
 */

/** The values of seccomp(2); an error number goes into the low bits. */
const ACTIONS = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x8000_0000,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_ERRNO: 0x0005_0000,
  SCMP_ACT_TRACE: 0x7ff0_0000,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_ALLOW: 0x7fff_0000,
} as const;
const actionSchema = z.enum(Object.keys(ACTIONS) as [keyof typeof ACTIONS]);

/** Values of libseccomp's enum scmp_compare. */
const OPERATORS = {
  ...{ SCMP_CMP_NE: 1, SCMP_CMP_LT: 2, SCMP_CMP_LE: 3, SCMP_CMP_EQ: 4 },
  ...{ SCMP_CMP_GE: 5, SCMP_CMP_GT: 6, SCMP_CMP_MASKED_EQ: 7 },
} as const;

/** JSON has no larger whole numbers that are exact. */
const value = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const errno = z.int().min(0).max(0xffff).nullish();
const architecture = z.string().regex(/^SCMP_ARCH_\w{1,32}$/);
const callName = z.string().regex(/^\w{1,64}$/);

const conditionSchema = z.object({
  index: z.int().min(0).max(5),
  value,
  valueTwo: value.nullish(),
  op: z.enum(Object.keys(OPERATORS) as [keyof typeof OPERATORS]),
});

const whereSchema = z
  .object({ arches: z.array(z.string()).nullish(), caps: z.array(z.string()).nullish() })
  .nullish();

const profileSchema = z.object({
  defaultAction: actionSchema,
  defaultErrnoRet: errno,
  architectures: z.array(architecture).nullish(),
  archMap: z
    .array(z.object({ architecture, subArchitectures: z.array(architecture).nullish() }))
    .nullish(),
  syscalls: z
    .array(
      z.object({
        name: callName.nullish(),
        names: z.array(callName).nullish(),
        action: actionSchema,
        errnoRet: errno,
        args: z.array(conditionSchema).nullish(),
        includes: whereSchema,
        excludes: whereSchema,
      }),
    )
    .nullish(),
});

type Group = NonNullable<z.infer<typeof profileSchema>['syscalls']>[number];
type Condition = z.infer<typeof conditionSchema>;

/** Names of an architecture in libseccomp and in Go. */
const NAMES: Readonly<Record<Architecture, { scmp: string; go: string }>> = {
  x86_64: { scmp: 'SCMP_ARCH_X86_64', go: 'amd64' },
  aarch64: { scmp: 'SCMP_ARCH_AARCH64', go: 'arm64' },
};

/** Capabilities of a container by default (docs.docker.com/engine/containers/run). */
const CAPABILITIES: ReadonlySet<string> = new Set(
  [
    ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD'],
    ...['NET_BIND_SERVICE', 'NET_RAW', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
  ].map((name) => `CAP_${name}`),
);

/**
 * The rules of a profile for a container with an engine's default capabilities, in the text format
 * that native/tools/seccomp_compile.c reads. A condition on the kernel's version (minKernel) counts
 * as met.
 *
 * @throws Refusal with a clause that says what is wrong with the profile
 */
export function rulesOf(json: string, own: Architecture): string {
  const { defaultAction, defaultErrnoRet, syscalls, ...profile } = parse(json);
  const fallback = actionOf(defaultAction, defaultErrnoRet);
  const rules = (syscalls ?? [])
    .filter((group) => appliesHere(group, NAMES[own].go))
    // A rule for the default action is not needed, and libseccomp refuses it.
    .filter((group) => actionOf(group.action, group.errnoRet) !== fallback)
    .flatMap(rulesOfGroup);
  const architectures = architecturesOf(profile, NAMES[own].scmp);
  return [
    `default ${fallback}`,
    ...architectures.map((name) => `arch ${name.replace('SCMP_ARCH_', '').toLowerCase()}`),
    ...[...rules, ''],
  ].join('\n');
}

function parse(json: string): z.infer<typeof profileSchema> {
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch {
    throw new Refusal('it is not JSON');
  }
  const parsed = profileSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Refusal(
    `it is not a seccomp profile that docker and podman accept (${issue?.path.join('.') || 'at its top'}: ${issue?.message ?? 'unknown'})`,
  );
}

/** The default error is EPERM. */
const EPERM = 1;

const actionOf = (action: keyof typeof ACTIONS, error: number | null | undefined): number =>
  ACTIONS[action] +
  (action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE' ? (error ?? EPERM) : 0);

function appliesHere({ includes, excludes }: Group, go: string): boolean {
  const [arches, caps] = [includes?.arches ?? [], includes?.caps ?? []];
  return (
    (arches.length === 0 || arches.includes(go)) &&
    caps.every((name) => CAPABILITIES.has(name)) &&
    !(excludes?.arches ?? []).includes(go) &&
    !(excludes?.caps ?? []).some((name) => CAPABILITIES.has(name))
  );
}

/**
 * All conditions of a group must hold. But if several concern one argument, any of them is enough,
 * as in container engines.
 */
function rulesOfGroup({ name, names, action, errnoRet, args }: Group): string[] {
  const conditions = args ?? [];
  const indexes = new Set(conditions.map(({ index }) => index));
  const alternatives =
    indexes.size < conditions.length ? conditions.map((one) => [one]) : [conditions];
  return [...(names ?? []), ...(name ? [name] : [])].flatMap((call) =>
    alternatives.map((all) =>
      ['rule', actionOf(action, errnoRet), call, ...all.map(conditionText)].join(' '),
    ),
  );
}

const conditionText = ({ index, op, value: first, valueTwo }: Condition): string =>
  `${index} ${OPERATORS[op]} ${first} ${valueTwo ?? 0}`;

function architecturesOf(
  { architectures, archMap }: Pick<z.infer<typeof profileSchema>, 'architectures' | 'archMap'>,
  own: string,
): string[] {
  const mapped = (archMap ?? []).find((entry) => entry.architecture === own);
  return [...new Set([own, ...(mapped?.subArchitectures ?? []), ...(architectures ?? [])])];
}
