import { type Fields, isFields } from './strict.js';
import { NOT_RECORDED } from './unread.js';

/**
 * Turns a run record of version 1.0 into one of today's version. Version 1.0 grew for a while without
 * a new number, so older builds left out fields that later ones recorded. A missing optional field stays
 * absent. A missing text becomes "not recorded", which is something else than the probe's "unknown" for
 * what it could not read.
 */

/** Texts of the subject that the first builds did not record. */
const LATER_TEXTS = ['scheduler', 'cgroupDepth', 'loopbackMtu', 'tcpBuffers'];

/**
 * Changes the fields of a record of version 1.0 in place. It leaves wrong values for the schema to
 * find.
 *
 * @returns why this is no record of version 1.0, as a clause
 */
export function upgradeRun(run: Fields): string | undefined {
  const target = objectIn(run, 'target');
  if (target && 'machine' in target) return 'target: Unrecognized key: "machine"';
  fillSubject(objectIn(run, 'subject'));
  fillPlan(objectIn(run, 'plan'));
  fillMachine(target, objectIn(run, 'platform'));
  const instructions = objectIn(run, 'instructions');
  if (instructions) shareFunctions(instructions);
  return undefined;
}

function fillSubject(subject: Fields | undefined): void {
  for (const name of LATER_TEXTS) if (subject) subject[name] ??= NOT_RECORDED;
}

/** Before the field existed, each launch was one process. */
function fillPlan(plan: Fields | undefined): void {
  if (plan) plan['processesPerLaunch'] ??= 1;
}

/** The machine of a booted kernel was recorded only as texts for people. */
function fillMachine(target: Fields | undefined, platform: Fields | undefined): void {
  const facts = target && objectIn(target, 'facts');
  if (!facts || target['kind'] !== 'kernel') return;
  const { accelerator } = facts;
  if (accelerator !== 'kvm' && accelerator !== 'tcg') return;
  const fact = (name: string): unknown => facts[name] ?? NOT_RECORDED;
  target['machine'] = {
    architecture: facts['architecture'] ?? platform?.['architecture'] ?? NOT_RECORDED,
    accelerator,
    emulator: {
      ...{ name: 'QEMU', version: fact('qemu'), machine: fact('machine'), cpu: fact('cpu') },
      ...numbered('memoryMib', facts['memory'], /^(\d+) MiB$/),
      ...numbered('cpus', facts['cpus'], /^(\d+)$/),
      hostCpu: fact('host cpu'),
    },
  };
}

function numbered(name: string, text: unknown, pattern: RegExp): Fields {
  const digits = pattern.exec(String(text))?.[1];
  return digits === undefined ? {} : { [name]: Number(digits) };
}

/** A call as the first traced records stored it. */
interface Call {
  name: unknown;
  module?: unknown;
  kernel: unknown;
  depth: unknown;
  own: unknown;
}

/** A traced operation was a list of calls, each with its function, instead of four lists. */
function shareFunctions(instructions: Fields): void {
  const places = new Map<string, number>();
  const functions: Fields[] = [];
  const placeOf = ({ name, module, kernel }: Call): number => {
    const one = { name, ...(module === undefined ? {} : { module }), kernel };
    const key = JSON.stringify(one);
    const place = places.get(key) ?? functions.push(one) - 1;
    places.set(key, place);
    return place;
  };
  for (const metric of listIn(instructions, 'metrics').filter(isFields)) {
    if (!Array.isArray(metric['operation'])) continue;
    const calls = metric['operation'].filter(isFields) as unknown as Call[];
    delete metric['operation'];
    metric['traced'] = {
      operations: 1,
      functions: calls.map(placeOf),
      depths: calls.map(({ depth }) => depth),
      instructions: calls.map(({ own }) => own),
    };
  }
  if (functions.length > 0) instructions['functions'] = functions;
}

function objectIn(owner: Fields, name: string): Fields | undefined {
  const value = owner[name];
  return isFields(value) ? value : undefined;
}

function listIn(owner: Fields, name: string): unknown[] {
  const value = owner[name];
  return Array.isArray(value) ? value : [];
}
