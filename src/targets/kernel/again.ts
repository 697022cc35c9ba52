import { Failure } from '../../failure.js';
import { isArchitecture } from '../../probe/architecture.js';
import type { Run } from '../../record/run.js';
import type { AgainTools } from '../kind.js';
import type { KernelSpec } from '../spec.js';
import { Refusal } from '../words.js';
import { conditionsOf } from './counting.js';
import { debugInformationOf } from './debug-information.js';
import { type KernelImage, readImage, sha256Of } from './image.js';
import { isCounted, isTimed } from './measures.js';
import { qemuVersion } from './qemu.js';
import { profileFactNow } from './seccomp.js';
import { splitKernelSpec } from './spec.js';

/** The image that an earlier run measured, and where it is now. */
interface FoundImage {
  image: KernelImage;
  place: Pick<KernelSpec, 'path' | 'keptIn'>;
}

/**
 * The kernel that an earlier run measured, to boot it again: the file at its path if that is still
 * the same, else a copy that the run kept.
 *
 * @param rest what follows `kernel:` in the earlier run's spec
 * @param now the candidate's spec; the machine is the same for both sides
 * @returns or why it is not booted again, as a clause
 */
export async function measureAgain(
  earlier: Run,
  rest: string,
  now: KernelSpec,
  tools: AgainTools,
): Promise<KernelSpec | string> {
  if (await countsSuffice(earlier, now, tools)) {
    return 'its instructions are counted already, and counts are exact on any machine';
  }
  try {
    const { spec, facts = {} } = earlier.target;
    const parts = splitKernelSpec(spec, rest.trim());
    const found = await findImage(parts.path, facts['sha256'], tools);
    if (typeof found === 'string') return found;
    const again: KernelSpec = {
      ...{ kind: 'kernel', spec, ...parts },
      ...{ options: now.options, ...found.place },
    };
    return (await otherFiles(again, found.image, facts['seccomp'], tools)) ?? again;
  } catch (error) {
    if (error instanceof Refusal) return cannotBoot(error);
    throw error;
  }
}

const cannotBoot = ({ message }: Refusal): string =>
  `its kernel cannot be booted any more, because ${message}`;

/**
 * Whether the earlier run's counts are all that is wanted of it. Times are wanted too if they were
 * measured under KVM, and times of two jobs say less than those of one.
 */
async function countsSuffice(
  { target: { machine }, instructions }: Run,
  { options }: KernelSpec,
  { evidence }: AgainTools,
): Promise<boolean> {
  if (instructions === undefined || machine === undefined || !isCounted(evidence)) return false;
  if (isTimed(evidence, machine.accelerator)) return false;
  const { architecture } = machine;
  if (!isArchitecture(architecture)) return false;
  const now = conditionsOf({ architecture, options }, await qemuVersion(architecture));
  return Object.entries(now).every(([name, value]) => instructions.conditions[name] === value);
}

async function findImage(
  path: string,
  sha256: string | undefined,
  { signal, keptKernels, cleanUp }: AgainTools,
): Promise<FoundImage | string> {
  if (sha256 === undefined) return 'its record does not say which kernel it was';
  const there = await readImage(path, signal).catch(refusal);
  if (!(there instanceof Refusal) && sha256Of(there.content) === sha256) {
    return { image: there, place: { path } };
  }
  const gone = there instanceof Refusal ? cannotBoot(there) : `another kernel is at ${path} now`;
  if (keptKernels === undefined) return gone;
  const kept = await keptKernels.find(sha256, cleanUp);
  if (typeof kept === 'string') return `${gone}, and ${kept}`;
  const image = await readImage(kept.path, signal).catch(refusal);
  if (image instanceof Refusal || sha256Of(image.content) !== sha256) {
    return `${gone}, and what ${kept.origin} holds is not the earlier kernel, as its SHA-256 shows`;
  }
  return { image, place: { path: kept.path, keptIn: kept.origin } };
}

function refusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}

/**
 * The other files that the spec names are not kept, so they must still be those of then.
 *
 * @returns what is missing, as a clause
 */
async function otherFiles(
  spec: KernelSpec,
  image: KernelImage,
  profile: string | undefined,
  tools: AgainTools,
): Promise<string | undefined> {
  const { seccomp, vmlinux } = spec;
  if (seccomp !== undefined) {
    const now = await profileFactNow(seccomp);
    if (now === undefined) return `its seccomp profile ${seccomp} is gone`;
    if (now !== profile) return `another seccomp profile is at ${seccomp} now`;
  }
  if (vmlinux === undefined) return undefined;
  try {
    await debugInformationOf(spec, image, tools);
    return undefined;
  } catch (error) {
    tools.signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    return `the file ${vmlinux}, which names its functions, is gone or of another kernel now`;
  }
}
