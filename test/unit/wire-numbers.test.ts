import { describe, expect, test } from 'vitest';
import { parseWire } from '../../src/probe/wire.js';

const HELLO =
  '{"type":"hello","wire":1,"catalogue":1,"clock":{"name":"c","cost_ns":@,"vdso":true},"cpu":1,"pinned":true,"pid":1}';
const MEASURED =
  '{"type":"metric","id":"syscall.null","version":1,"round":0,"status":"ok","operations":@,"wall_ns":[@],"cpu_ns":[@],"control_ns":[@],"control_operations":@,"elapsed_ns":@}';
const COUNTED =
  '{"type":"metric","id":"syscall.null","version":1,"round":0,"status":"ok","operations":@,"events":[@]}';

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
    expect(read(good(HELLO), good(MEASURED), good(COUNTED)).problem).toBeUndefined();
  });

  test.each(['null', '1e999', '-1e999', '-1', '"5"', 'NaN'])(
    'is refused as %s in one clause',
    (text) => {
      for (const line of spoilt(HELLO, text)) expect(read(line).problem).toMatch(/^[^\n]+$/);
      for (const line of [...spoilt(MEASURED, text), ...spoilt(COUNTED, text)]) {
        const output = read(good(HELLO), line);
        expect(output.problem, line).toMatch(/^[^\n]+$/);
        expect(output.metrics).toEqual([]);
      }
    },
  );
});
