import { Failure } from '../failure.js';
import type { Progress } from '../progress.js';
import { makeRun, type Run } from '../record/run.js';
import type { TracedOperation } from '../targets/target.js';
import { flatten } from '../trace/flat.js';
import { countOf } from '../units.js';
import type { CountableTarget } from './counting.js';

/**
 * Traces one operation of each metric on both sides, and puts what was found beside its count. What
 * cannot be traced is said there, too: a count is no less true without its functions.
 */
export async function traceSides(
  targets: Record<'baseline' | 'candidate', CountableTarget>,
  runs: Record<'baseline' | 'candidate', Run>,
  metrics: readonly string[],
  progress: Progress,
): Promise<Record<'baseline' | 'candidate', Run>> {
  progress.phase(`Trace ${countOf(metrics.length, 'changed metric')} on both sides`);
  const traced = async (side: 'baseline' | 'candidate'): Promise<Run> =>
    withOperations(runs[side], metrics, await traceSide(targets[side], metrics));
  const [baseline, candidate] = await Promise.all([traced('baseline'), traced('candidate')]);
  return { baseline, candidate };
}

type Operations = ReadonlyMap<string, TracedOperation>;

async function traceSide(target: CountableTarget, metrics: readonly string[]): Promise<Operations> {
  try {
    return await target.counting.trace(metrics);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const why = error.message.replace(/\.$/, '');
    return new Map(metrics.map((id) => [id, { why }]));
  }
}

function withOperations(run: Run, metrics: readonly string[], operations: Operations): Run {
  const { instructions } = run;
  if (instructions === undefined) return run;
  const traced = instructions.metrics.map((metric) => {
    if (metric.status !== 'ok' || !metrics.includes(metric.id)) return metric;
    const operation = operations.get(metric.id) ?? { why: 'it was not traced' };
    return 'profile' in operation
      ? { ...metric, operation: flatten(operation.profile.roots) }
      : { ...metric, untraced: operation.why.slice(0, 500) };
  });
  return makeRun({ ...run, instructions: { ...instructions, metrics: traced } });
}
