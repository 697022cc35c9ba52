import { describe, expect, it } from 'vitest';
import { flameSvg } from '../../../src/render/flame.js';
import type { DifferenceNode } from '../../../src/trace/difference.js';

const node = (
  name: string,
  before: number,
  after: number,
  children: DifferenceNode[] = [],
): DifferenceNode => ({ name, kernel: true, before, after, children });

const ROOTS = [
  node('entry', 50, 50, [
    node('read', 20, 25, [node('hook_old', 10, 0), node('hook_new', 0, 15)]),
    node('copy', 30, 20),
  ]),
];

interface Drawn {
  left: number;
  width: number;
  top: number;
  fill: string;
  tip: string;
}

function drawn(svg: string): Map<string, Drawn> {
  const boxes = svg.matchAll(
    /<title>([^<]*)<\/title><rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="17" rx="1" fill="(#\w{6})"/g,
  );
  return new Map(
    [...boxes].map(([, tip = '', left, top, width, fill = '']) => [
      tip.split(':')[0] ?? '',
      { left: Number(left), top: Number(top), width: Number(width), fill, tip },
    ]),
  );
}

function box(boxes: Map<string, Drawn>, name: string): Drawn {
  const found = boxes.get(name);
  if (found === undefined) throw new Error(`${name} is not drawn`);
  return found;
}

const channels = (fill: string): number[] =>
  [1, 3, 5].map((at) => Number.parseInt(fill.slice(at, at + 2), 16));

describe('the flame graph of a difference', () => {
  const boxes = drawn(flameSvg(ROOTS, { title: 'read' }));

  it('has every function within its caller, one row further down', () => {
    for (const [outer, inner] of [
      ['entry', 'read'],
      ['entry', 'copy'],
      ['read', 'hook_old'],
      ['read', 'hook_new'],
    ] as const) {
      const [above, below] = [box(boxes, outer), box(boxes, inner)];
      expect(below.top).toBe(above.top + 18);
      expect(below.left).toBeGreaterThanOrEqual(above.left - 0.01);
      expect(below.left + below.width).toBeLessThanOrEqual(above.left + above.width + 0.02);
    }
    expect(box(boxes, 'read').left).toBeLessThan(box(boxes, 'copy').left);
  });

  it('shows as much of each side as there is', () => {
    expect(box(boxes, 'hook_new').width / box(boxes, 'hook_old').width).toBeCloseTo(1.5, 2);
    expect(box(boxes, 'entry').width).toBeCloseTo(1180, 1);
  });

  it('is red where there is more, blue where there is less, grey where nothing changed', () => {
    for (const name of ['read', 'hook_new']) {
      const [red = 0, , blue = 0] = channels(box(boxes, name).fill);
      expect(red, name).toBeGreaterThan(blue + 30);
    }
    for (const name of ['copy', 'hook_old']) {
      const [red = 0, , blue = 0] = channels(box(boxes, name).fill);
      expect(blue, name).toBeGreaterThan(red + 30);
    }
    expect(new Set(channels(box(boxes, 'entry').fill)).size).toBe(1);
  });

  it('tells the numbers of a function that is pointed at', () => {
    expect(box(boxes, 'read').tip).toBe(
      'read: itself 20 → 25 instructions (+5); with all it calls 30 → 40 instructions (+10)',
    );
    expect(box(boxes, 'copy').tip).toBe('copy: itself 30 → 20 instructions (−10)');
  });

  it('lets no name or title be markup', () => {
    const hostile = '</title><script>alert("1")</script>&\u0007';
    const svg = flameSvg([node(hostile, 1, 2)], { title: hostile, subtitle: hostile });
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u0007');
    expect(svg.match(/&(?!#\d+;)/g)).toBeNull();
    const tags = [...svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)];
    const open = tags.filter(([, closing, , empty]) => closing === '' && empty === '');
    expect(open).toHaveLength(tags.filter(([, closing]) => closing === '/').length);
  });

  it('is a drawing of nothing where there is nothing', () => {
    expect(flameSvg([], { title: 'nothing' })).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });

  it('draws no more than can be seen of a very large tree', () => {
    const many = Array.from({ length: 50_000 }, (_, index) => node(`f${index}`, 1, 1));
    expect(flameSvg([node('large', 1e6, 1e6, many)], { title: 'many' }).length).toBeLessThan(
      10_000,
    );
  });
});
