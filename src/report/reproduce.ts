import { COMMIT, KEPT_IN } from '../record/facts.js';
import { isMeasuredReport } from '../record/finding.js';
import type { Report } from '../record/report.js';
import { DEFAULT_ALPHA, PAIRED_MARGIN, STORED_MARGIN } from '../stats/assumptions.js';
import { shellWord } from '../text/escape.js';
import type { Command } from './blocks.js';

/** The command that repeats the comparison. */
export function reproduction(report: Report): Command {
  if (report.design === 'shards') return reproduceMerge(report);
  const { specs, needs } = sidesHere(report);
  const countedOnly = report.counted !== null && !report.findings.some(isMeasuredReport);
  const command = gateCommand(specs, report, countedOnly ? ['--evidence counted'] : []);
  const text = ['In a clone of syscall-gate on a machine of the same kind', ...needs].join(', ');
  return { kind: 'command', text: `${text}:`, command };
}

/** The command of a gate over these sides, with the metrics and the settings of a report. */
const gateCommand = (
  { baseline, candidate }: Sides['specs'],
  report: Report,
  more: readonly string[] = [],
): string =>
  [
    'npm start --',
    `--baseline ${shellWord(baseline)}`,
    `--candidate ${shellWord(candidate)}`,
    ...more,
    ...metricsOption(report.candidate.metricGlobs),
    ...judgingOptions(report),
  ].join(' ');

interface Sides {
  specs: { baseline: string; candidate: string };
  /** What must be there for it. */
  needs: string[];
}

/** The sides as they can be given again, where the baseline was found or built by the gate. */
function sidesHere(report: Report): Sides {
  const { baseline, candidate } = report;
  const specs = { baseline: baseline.spec, candidate: candidate.spec };
  if (baseline.spec === 'artifact') {
    return { specs: { ...specs, baseline: 'directory:runs' }, needs: [STORED_RUNS] };
  }
  if (baseline.facts[KEPT_IN] !== undefined) {
    const copy = baseline.spec.replace(KERNEL_PATH, () => 'kernel:kept-kernel');
    return { specs: { ...specs, baseline: copy }, needs: [KEPT_KERNEL] };
  }
  const [before, after] = [baseline.facts[COMMIT], candidate.facts[COMMIT]];
  if (report.design !== 'paired' || before === undefined || after === undefined) {
    return { specs, needs: [] };
  }
  return {
    specs: {
      baseline: builtIn('before', specs.baseline),
      candidate: builtIn('after', specs.candidate),
    },
    needs: [
      `with commit ${before} built in the folder "before" and ${after} in the folder "after"`,
    ],
  };
}

/** A command that runs in another folder. */
const builtIn = (folder: string, spec: string): string =>
  spec.replace(/^command:/, () => `command:env --chdir=${folder} `);

const STORED_RUNS =
  'with the run records of the workflow\'s artifacts unpacked into the folder "runs"';
const KEPT_KERNEL = 'with the copy of the baseline\'s kernel as the file "kept-kernel"';

/** The path of a kernel's spec. */
const KERNEL_PATH = /^kernel:\s*(?:"[^"]+"|\S+)/;

/** The image of a container's spec. */
const CONTAINER_IMAGE = /^container:\s*\S+/;

/**
 * The command that measures what the newest stored run measured beside the candidate, where times of
 * stored runs leave something to settle. A host cannot be brought back, and of a command the record
 * does not say what it ran.
 */
export function settlingCommand(report: Report): Command[] {
  const { design, baseline: before, candidate: after, findings } = report;
  const open = findings.some(
    ({ measure, gate, verdict }) =>
      measure === 'time' && gate && (verdict === 'regressed' || verdict === 'inconclusive'),
  );
  const earlier = earlierTarget(report);
  if (design !== 'stored' || !open || earlier === undefined) return [];
  const specs = { baseline: earlier.spec, candidate: after.spec };
  const command = gateCommand(specs, { ...report, design: 'paired' });
  const why = before.choice === undefined ? '' : ', which could not be done here';
  const text = `To settle it, measure both sides in one job${why}${earlier.condition}:`;
  return [{ kind: 'command', text, command }];
}

/** What the newest stored run measured, as a baseline, and what it takes. */
function earlierTarget({ baseline: { facts }, candidate: { spec } }: Report) {
  const { image, sha256 } = facts;
  if (CONTAINER_IMAGE.test(spec) && image !== undefined) {
    const earlier = spec.replace(CONTAINER_IMAGE, () => `container:${image}`);
    return { spec: earlier, condition: '' };
  }
  if (!KERNEL_PATH.test(spec) || sha256 === undefined) return undefined;
  return {
    spec: spec.replace(KERNEL_PATH, 'kernel:earlier-kernel'),
    condition: `, with the earlier kernel (SHA-256 ${sha256.slice(0, 16)}…) as the file "earlier-kernel"`,
  };
}

const metricsOption = (globs: readonly string[] = []): string[] =>
  globs.length === 0 ? [] : [`--metrics ${shellWord(globs.join(','))}`];

const reproduceMerge = (report: Report): Command => ({
  kind: 'command',
  text: 'In a clone of syscall-gate, with each shard\'s artifact unpacked into its own folder under "shards":',
  command: ['npm start -- merge shards', ...judgingOptions(report)].join(' '),
});

/** The options of the comparison that differ from the defaults of the command line. */
function judgingOptions(report: Report): string[] {
  const rules = marginRules(report);
  return [
    ...(rules.length === 0 ? [] : [`--margin ${shellWord(rules.join(','))}`]),
    ...(report.alpha === DEFAULT_ALPHA ? [] : [`--alpha ${report.alpha}`]),
  ];
}

/** The most common margin for all metrics, then the metrics with another one: the last rule wins. */
function marginRules({ design, findings }: Report): string[] {
  const usual = design === 'stored' ? STORED_MARGIN : PAIRED_MARGIN;
  const timed = findings.filter(isMeasuredReport).filter(({ margin }) => margin > 0);
  const margins = timed.map(({ margin }) => margin);
  const count = (ratio: number): number => margins.filter((margin) => margin === ratio).length;
  const [base = usual] = margins.toSorted((one, other) => count(other) - count(one));
  return [
    ...(base === usual ? [] : [percent(base)]),
    ...timed
      .filter(({ margin }) => margin !== base)
      .map(({ id, margin }) => `${id}=${percent(margin)}`),
  ];
}

/** Rounded for people: 100 × 0.07 is not exactly 7 in binary. */
const percent = (ratio: number): string => `${Number((100 * ratio).toPrecision(6))}%`;
