import { describe, expect, test } from 'vitest';
import { parseWire } from '../../src/probe/wire.js';

const HELLO =
  '{"type":"hello","wire":2,"catalogue":1,"clock":{"name":"c","costNs":@,"vdso":true},"cpu":1,"pinned":true,"pid":1}';
const MEASURED =
  '{"type":"metric","id":"syscall.null","version":1,"round":0,"status":"ok","batches":{"operations":@,"wallNs":[@],"cpuNs":[@],"controlNs":[@],"controlOperations":@,"width":{"ns":[@],"operations":@}},"elapsedNs":@,"details":{"segments_per_op":@}}';
const COUNTED =
  '{"type":"metric","id":"syscall.null","version":1,"round":0,"status":"ok","operations":@,"events":[@]}';
const TAILS =
  '{"type":"tails","timer":{"status":"ok","name":"rdtsc","hz":@,"stepNs":@,"costNs":@},"counters":{"status":"ok"}}';
const TAIL =
  '{"type":"tail","id":"syscall.null","version":1,"status":"ok","operations":@,"samples":@,"p50Ns":@,"p99Ns":@,"p999Ns":@,"maxNs":@,"counters":{"cycles":@}}';

/** Every way to put the text in one of the places of a line, with a good number in all others. */
function spoilt(line: string, text: string): string[] {
  const parts = line.split('@');
  return parts
    .slice(1)
    .map((_, place) =>
      parts.reduce((whole, part, index) => `${whole}${index - 1 === place ? text : '7'}${part}`),
    );
}

const read = (...lines: string[]) => parseWire(Buffer.from(lines.map((l) => `${l}\n`).join('')));
const good = (line: string): string => line.replaceAll('@', '7');

describe('every number of a result line', () => {
  test('is read where it is one', () => {
    const output = read(...[HELLO, MEASURED, COUNTED, TAILS, TAIL].map(good));
    expect(output.problem).toBeUndefined();
    expect([output.metrics.length, output.tail.length]).toEqual([2, 1]);
  });

  test.each(['null', '1e999', '-1e999', '-1', '"5"', 'NaN', '[]'])(
    'is refused as %s in one clause',
    (text) => {
      for (const line of spoilt(HELLO, text)) expect(read(line).problem).toMatch(/^[^\n]+$/);
      for (const line of [MEASURED, COUNTED, TAILS].flatMap((one) => spoilt(one, text))) {
        const output = read(good(HELLO), line);
        expect(output.problem, line).toMatch(/^[^\n]+$/);
        expect([output.metrics, output.tails]).toEqual([[], undefined]);
      }
      for (const line of spoilt(TAIL, text)) {
        const output = read(good(HELLO), good(TAILS), line);
        expect(output.problem, line).toMatch(/^[^\n]+$/);
        expect(output.tail).toEqual([]);
      }
    },
  );

  test('is refused as 0 where an operation takes time, or there has to be one', () => {
    const places = { wallNs: '[0]', controlNs: '[0]', ns: '[0]', operations: '0' };
    for (const [name, zero] of Object.entries(places)) {
      const line = good(MEASURED).replace(new RegExp(`"${name}":(\\[7\\]|7)`), `"${name}":${zero}`);
      expect(read(good(HELLO), line).problem, line).toMatch(/^[^\n]+$/);
    }
    const [none = ''] = spoilt(COUNTED, '0');
    expect(read(good(HELLO), none).problem).toMatch(/^[^\n]+$/);
  });
});
