import { callText, largestCalls } from '../report/calls.js';
import { clip, xml } from '../text/escape.js';
import { type CallChange, callChanges } from '../trace/changes.js';
import { type DifferenceNode, resolutionOf } from '../trace/difference.js';

interface FlameOptions {
  /** For example "syscall.read_zero: 677 → 653 instructions per operation". */
  title: string;
  /** A line below the title. */
  subtitle?: string;
}

/** All lengths are in pixels of the drawing, which a browser scales. */
const WIDTH = 1200;
const MARGIN = 10;
const HEADER = 62;
const ROW = 18;
const FONT = 11;
/** Width of a character in a monospaced font of that size, and a little more. */
const CHARACTER = 6.8;
/** A narrower box cannot be seen or pointed at. */
const MIN_WIDTH = 0.2;

/**
 * Draws one operation, before and after, as a flame graph. Each function stands under its caller, from
 * entry to return, and is as wide as the instructions in it and below it. Red functions execute more
 * instructions than before, blue ones fewer, grey ones the same number. New functions are fully red,
 * functions that are gone fully blue. A browser shows the numbers of the function under the pointer.
 *
 * Each width comes from the larger side, so that functions that are gone remain visible. The largest
 * changes are listed below the graph, because most boxes are too narrow for their names.
 *
 * @returns a complete SVG document
 */
export function flameSvg(roots: readonly DifferenceNode[], options: FlameOptions): string {
  const boxes = layOut(roots);
  const rows = 1 + Math.max(-1, ...boxes.map(({ depth }) => depth));
  const changes = largestCalls(callChanges(roots), MAX_CHANGES);
  const end = HEADER + rows * ROW;
  const height = end + (changes.length === 0 ? 0 : ROW + changes.length * LINE) + MARGIN;
  const largest = Math.max(0, ...boxes.map(({ node }) => Math.abs(node.after - node.before)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="${FONT}">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(MARGIN, 22, clip(options.title, 150), 'font-size="15" fill="#222222"'),
    text(MARGIN, 40, clip(options.subtitle ?? '', 170), 'fill="#555555"'),
    text(MARGIN, 55, LEGEND, 'fill="#555555"'),
    ...boxes.map((box) => draw(box, largest)),
    ...changes.map((change, index) => changeLine(change, end + ROW + (index + 0.5) * LINE)),
    '</svg>\n',
  ].join('\n');
}

/** Changes listed below the graph. */
const MAX_CHANGES = 20;
const LINE = 15;

function changeLine(change: CallChange, top: number): string {
  const mark = hex((change.difference > 0 ? GROWN : SHRUNK)[1]);
  return [
    `<rect x="${MARGIN}" y="${top - 9}" width="9" height="9" rx="1" fill="${mark}"/>`,
    text(MARGIN + 15, top, clip(callText(change), 170), 'fill="#222222"'),
  ].join('');
}

const LEGEND = 'red: more instructions than before; blue: fewer; grey: the same number';

interface Box {
  node: DifferenceNode;
  depth: number;
  left: number;
  width: number;
}

function layOut(roots: readonly DifferenceNode[]): Box[] {
  const all = widthOf(roots);
  const scale = all === 0 ? 0 : (WIDTH - 2 * MARGIN) / all;
  const boxes: Box[] = [];
  place(roots, 0, MARGIN, scale, boxes);
  return boxes;
}

function place(
  nodes: readonly DifferenceNode[],
  depth: number,
  from: number,
  scale: number,
  boxes: Box[],
): void {
  let left = from;
  for (const node of nodes) {
    const width = scale * widthOf([node]);
    if (width >= MIN_WIDTH) {
      boxes.push({ node, depth, left, width });
      place(node.children, depth + 1, left, scale, boxes);
    }
    left += width;
  }
}

/** In instructions. A function is at least as wide as all functions below it together. */
const widthOf = (nodes: readonly DifferenceNode[]): number =>
  nodes.reduce(
    (sum, { before, after, children }) => sum + Math.max(before, after, 0) + widthOf(children),
    0,
  );

function draw({ node, depth, left, width }: Box, largest: number): string {
  const top = HEADER + depth * ROW;
  const place = `x="${figure(left)}" y="${top}" width="${figure(width)}" height="${ROW - 1}"`;
  const shown = clip(node.name, Math.floor((width - 4) / CHARACTER));
  const label = shown.length < 3 ? '' : text(left + 3, top + 12.5, shown, 'fill="#111111"');
  return `<g><title>${xml(tip(node))}</title><rect ${place} rx="1" fill="${colour(node, largest)}" stroke="#ffffff" stroke-width="0.6"/>${label}</g>`;
}

const text = (left: number, top: number, content: string, style: string): string =>
  `<text x="${figure(left)}" y="${top}" ${style}>${xml(content)}</text>`;

const figure = (value: number): string => String(Number(value.toFixed(2)));

function tip(node: DifferenceNode): string {
  const name = node.module === undefined ? node.name : `${node.name} [${node.module}]`;
  const own = `${node.inlined ? 'inlined; ' : ''}itself ${change(node.before, node.after)}`;
  const [before, after] = [sumOf(node, 'before'), sumOf(node, 'after')];
  return node.children.length === 0
    ? `${name}: ${own}`
    : `${name}: ${own}; with all it calls ${change(before, after)}`;
}

const sumOf = (node: DifferenceNode, side: 'before' | 'after'): number =>
  node.children.reduce((sum, child) => sum + sumOf(child, side), node[side]);

function change(before: number, after: number): string {
  if (figure(before) === figure(after)) return `${figure(after)} instructions`;
  const sign = after > before ? '+' : '−';
  const difference = figure(Math.abs(after - before));
  return `${figure(before)} → ${figure(after)} instructions (${sign}${difference})`;
}

type Colour = readonly [red: number, green: number, blue: number];
const SAME: Colour = [222, 222, 222];
/**
 * Colours of the smallest and the largest change. Readers with any colour vision can tell them
 * apart.
 */
const GROWN: readonly [Colour, Colour] = [
  [250, 205, 190],
  [236, 100, 85],
];
const SHRUNK: readonly [Colour, Colour] = [
  [190, 215, 240],
  [105, 155, 222],
];

function colour(node: DifferenceNode, largest: number): string {
  const { before, after } = node;
  const difference = after - before;
  if (Math.abs(difference) < resolutionOf(node)) return hex(SAME);
  const [smallest, largestChange] = difference > 0 ? GROWN : SHRUNK;
  const oneSided = before === 0 || after === 0;
  const strength = oneSided ? 1 : Math.sqrt(Math.abs(difference) / largest);
  return hex(
    smallest.map((from, index) => from + strength * ((largestChange[index] ?? from) - from)),
  );
}

const hex = (colour: readonly number[]): string =>
  `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
