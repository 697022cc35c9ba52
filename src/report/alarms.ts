import {
  isInstructionsReport,
  isMeasuredReport,
  type NotMeasuredReport,
} from '../record/finding.js';
import type { Alarm, CauseReport, Report } from '../record/report.js';
import { errnoName } from '../text/errno.js';
import { countOf, formatChange, formatInstructionsDifference, formatRatio } from '../text/units.js';
import { changedText } from './causes.js';
import { causeText, diagnosisText } from './diagnosis.js';
import { changeSize, countRatio } from './size.js';

type Judged = Pick<Report, 'findings' | 'diagnosis' | 'counted' | 'unreadable' | 'unrecorded'>;

/**
 * What turns a gate red, with one entry for each cause: a lost operation, a cost of every kernel entry,
 * each metric that changed for a reason of its own, a function that grew. The worst come first.
 */
export function alarmsOf(judged: Judged): Alarm[] {
  const explained = explainedAlarm(judged);
  return [
    ...blockedAlarms(judged),
    ...explained,
    ...timeAlarms(judged, new Set(explained.flatMap(({ metrics }) => metrics))),
    ...instructionAlarms(judged),
  ];
}

interface Loss {
  id: string;
  side: NotMeasuredReport;
}

/** A call that is lost for one reason is one alarm, in however many metrics and paths it shows. */
function blockedAlarms({ findings }: Judged): Alarm[] {
  const losses = new Map<string, [Loss, ...Loss[]]>();
  for (const { gate, verdict, candidate: side, id } of findings) {
    if (!gate || verdict !== 'blocked' || side.status === 'ok') continue;
    const { errno, operation, message } = side.reason;
    const cause = [side.status, callOf(operation), errno === 0 ? message : errno].join('\n');
    losses.set(cause, [...(losses.get(cause) ?? []), { id, side }] as [Loss, ...Loss[]]);
  }
  return [...losses.values()].map((all): Alarm => {
    const operations = [...new Set(all.map(({ side }) => side.reason.operation))];
    const [{ side }] = all;
    const name = operations.length === 1 ? side.reason.operation : callOf(side.reason.operation);
    const shown = operations.map((operation) => {
      const ids = all.filter((one) => one.side.reason.operation === operation);
      const metrics = idsText([...new Set(ids.map(({ id }) => id))]);
      return operations.length === 1 ? metrics : `${metrics} (${operation})`;
    });
    return {
      verdict: 'blocked',
      title: lossText(side, name),
      text: `The baseline can do it and the candidate cannot: ${shown.join(', ')}.`,
      metrics: [...new Set(all.map(({ id }) => id))],
    };
  });
}

/** The system call of an operation such as `openat(/dev/null)`. The C library's open is openat. */
function callOf(operation: string): string {
  const [name = ''] = operation.split('(');
  return name === 'open' ? 'openat' : name;
}

/** `openat is refused: EPERM` */
function lossText({ status, reason }: NotMeasuredReport, name: string): string {
  const operation = name || 'the operation';
  const why = errnoName(reason.errno) || reason.message;
  const said = why === '' ? '' : `: ${why}`;
  return status === 'no_loopback'
    ? `there is no loopback device, ${operation} fails${said}`
    : `${operation} ${LOST[status] ?? 'fails'}${said}`;
}

const LOST: Readonly<Record<string, string>> = {
  denied: 'is refused',
  unsupported: 'is not supported',
};

function explainedAlarm({ findings, diagnosis, ...unread }: Judged): Alarm[] {
  if (diagnosis === null) return [];
  const metrics = findings
    .filter(isMeasuredReport)
    .filter(
      ({ id, gate, verdict }) =>
        gate && verdict === 'regressed' && diagnosis.explained.includes(id),
    )
    .map(({ id }) => id);
  if (metrics.length === 0) return [];
  const title = `${causeText(diagnosis)}: ${countOf(metrics.length, 'metric')} regressed`;
  const text = `${diagnosisText(diagnosis, unread)} Metrics: ${metrics.join(', ')}.`;
  return [{ verdict: 'regressed', title, text, metrics }];
}

/** Metrics that no common cause explains, the largest change first. */
const timeAlarms = ({ findings }: Judged, explained: ReadonlySet<string>): Alarm[] =>
  findings
    .filter(isMeasuredReport)
    .filter(({ id, gate, verdict }) => gate && verdict === 'regressed' && !explained.has(id))
    .toSorted((a, b) => changeSize(b) - changeSize(a))
    .map(({ id, change, because }) => ({
      verdict: 'regressed',
      title: `${id} regressed${change === null ? '' : `: ${formatChange(change)}`}`,
      text: because,
      metrics: [id],
    }));

/**
 * Instruction counts, grouped by the function that makes up most of their change, if a trace shows
 * it.
 */
function instructionAlarms({ findings, counted }: Judged): Alarm[] {
  const regressed = findings
    .filter(isInstructionsReport)
    .filter(({ gate, verdict }) => gate && verdict === 'regressed')
    .toSorted((a, b) => changeSize(b) - changeSize(a));
  const groups = new Map<CauseReport | string, typeof regressed>();
  for (const finding of regressed) {
    const cause = counted?.causes.find(({ metrics }) => metrics.includes(finding.id)) ?? finding.id;
    groups.set(cause, [...(groups.get(cause) ?? []), finding]);
  }
  return [...groups].map(([cause, group]) => {
    const metrics = group.map(({ id }) => id);
    const sizes = group.map(
      (finding) =>
        `${finding.id} ${formatInstructionsDifference(finding.difference ?? 0)} (${formatRatio(countRatio(finding) ?? 1)})`,
    );
    const what = `${countOf(metrics.length, 'metric')} ${metrics.length === 1 ? 'takes' : 'take'} more instructions`;
    const title =
      typeof cause === 'string'
        ? `${cause} takes more instructions`
        : `${changedText(cause)}: ${what}`;
    return {
      verdict: 'regressed',
      title,
      text: `By instruction counts: ${idsText(sizes, 20)}.`,
      metrics,
    };
  });
}

const idsText = (ids: readonly string[], max = ids.length): string => {
  const left = ids.length - max;
  return left > 0
    ? `${ids.slice(0, max).join(', ')} and ${countOf(left, 'other')}`
    : ids.join(', ');
};
