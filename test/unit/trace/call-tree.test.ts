import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallNode, callTree, sumOf } from '../../../src/trace/call-tree.js';
import { Code } from '../../../src/trace/symbols.js';
import { MadeCode } from './traces.js';

describe('the tree of calls', () => {
  it('puts a function under the one that jumps to its beginning, and counts each its own', () => {
    const made = new MadeCode(['read', 'check', 'copy']);
    expect(made.tree('read read+4 check check+4 read+8 copy copy+4 copy+8 read+12').roots).toEqual([
      'read 4',
      '  check 2',
      '  copy 3',
    ]);
  });

  it('counts a function called twice from one caller once, in the order of the first calls', () => {
    const made = new MadeCode(['read', 'lock', 'copy']);
    expect(made.tree('read lock read+4 copy read+8 lock lock+3 read+12').roots).toEqual([
      'read 4',
      '  lock 3',
      '  copy 1',
    ]);
  });

  it("takes a jump at a function's end for a call, and its return for that of the caller too", () => {
    const made = new MadeCode(['read', 'enter', 'work']);
    expect(made.tree('read enter enter+4 work work+4 read+4 read+8').roots).toEqual([
      'read 3',
      '  enter 2',
      '    work 2',
    ]);
  });

  it('returns over several functions at once', () => {
    const made = new MadeCode(['outer', 'a', 'b', 'c', 'd']);
    expect(made.tree('outer a b c outer+99 d outer+104').roots).toEqual([
      'outer 3',
      '  a 1',
      '    b 1',
      '      c 1',
      '  d 1',
    ]);
  });

  it('keeps a loop within its function, also one of a single instruction', () => {
    const made = new MadeCode(['fill', 'main2']);
    expect(made.tree('main2 fill fill+4 fill+8 fill+4 fill+8 fill+8 fill+8 main2+5').roots).toEqual(
      ['main2 2', '  fill 7'],
    );
    expect(made.tree('main2 fill fill fill main2+5').roots).toEqual(['main2 2', '  fill 3']);
  });

  it('tells a function that calls itself from the call that it was called by', () => {
    const made = new MadeCode(['walk', 'leaf', 'start']);
    const places =
      'start walk walk+32 walk walk+32 walk leaf walk+5 walk+90 walk+37 walk+38 walk+37 walk+38 start+5';
    expect(made.tree(places).roots).toEqual([
      'start 2',
      '  walk 4',
      '    walk 4',
      '      walk 3',
      '        leaf 1',
    ]);
  });

  it('goes from one label of assembly to the next without a call', () => {
    const made = new MadeCode(['entry', 'entry_further', 'leave', 'do_call']);
    const places =
      'main+8 entry entry+250 entry_further do_call entry_further+5 entry_further+252 leave main+10';
    expect(made.tree(places).roots).toEqual([
      'main 2',
      'entry 2',
      'entry_further 3',
      '  do_call 1',
      'leave 1',
    ]);
  });

  it('makes what an entry into the kernel calls no part of the program', () => {
    const made = new MadeCode(['entry', 'do_call']);
    expect(made.tree('main main+4 entry do_call entry+5 main+6 main+9').roots).toEqual([
      'main 4',
      'entry 2',
      '  do_call 1',
    ]);
  });

  it('takes the cold part of a function for the function', () => {
    const made = new MadeCode(['read', 'copy', 'copy.cold', 'log']);
    expect(made.tree('read copy copy.cold log copy.cold+9 copy+40 read+4').roots).toEqual([
      'read 2',
      '  copy 4',
      '    log 1',
    ]);
  });

  it('looks through what makes indirect calls', () => {
    const made = new MadeCode(['read', '__x86_indirect_thunk_rax', 'hook']);
    expect(made.tree('read __x86_indirect_thunk_rax hook hook+4 read+5').roots).toEqual([
      'read 2',
      '  __x86_indirect_thunk_rax 1',
      '  hook 2',
    ]);
  });

  it('makes a handler of a signal a call of the program', () => {
    const made = new MadeCode(['entry'], ['main', 'handler', 'restore']);
    const places = 'main main+8 entry entry+4 handler handler+4 restore entry main+10 main+12';
    expect(made.tree(places).roots).toEqual(['main 4', '  handler 2', '    restore 1', 'entry 3']);
  });

  it('names what no symbol covers', () => {
    const made = new MadeCode(['entry'], ['main']);
    const addresses = Float64Array.of(
      ...['main', 'entry', 'main+2'].map((place) => made.address(place)),
      ...[0x7ffff7fc1000, 0x7ffff7fc1004, made.address('main+8')],
    );
    const { roots } = callTree(addresses, made.code);
    const named = [...roots.values()].map((node) => made.code.functions[node.function]?.name);
    expect(named).toEqual(['main', 'entry']);
    expect([...roots.values()][0]).toMatchObject({ own: 3 });
    expect(sumOf(roots)).toBe(6);
  });
});

describe('what cuts into the flow', () => {
  const KERNEL = [
    ...['entry', 'read', 'copy', 'irq_entries_start', 'asm_common_interrupt', 'common_interrupt'],
    ...['asm_sysvec_apic_timer_interrupt', 'tick', 'error_return', 'native_irq_return_iret'],
    ...['asm_exc_page_fault', 'exc_page_fault'],
  ];
  const made = new MadeCode(KERNEL);
  const tick =
    'asm_sysvec_apic_timer_interrupt tick asm_sysvec_apic_timer_interrupt+9 error_return native_irq_return_iret';

  it('leaves an interrupt out, and goes on where it cut in', () => {
    expect(made.tree(`main entry read read+4 ${tick} read+8 copy read+13 entry+5 main+2`)).toEqual({
      roots: ['main 2', 'entry 2', '  read 4', '    copy 1'],
      interrupts: [
        'asm_sysvec_apic_timer_interrupt 2',
        '  tick 1',
        '  error_return 1',
        '  native_irq_return_iret 1',
      ],
    });
  });

  it('knows a call that an interrupt cut off from its first instruction', () => {
    expect(made.tree(`entry read read+4 ${tick} copy copy+4 read+9 entry+5`).roots).toEqual([
      'entry 2',
      '  read 3',
      '    copy 2',
    ]);
  });

  it('goes on in the function that it cut into, at its first instruction too', () => {
    expect(made.tree(`entry read ${tick} read read+4 entry+5`).roots).toEqual([
      'entry 2',
      '  read 3',
    ]);
  });

  it('leaves out one from a device, which enters by two pieces of assembly', () => {
    const device =
      'irq_entries_start+24 asm_common_interrupt common_interrupt asm_common_interrupt+9 error_return native_irq_return_iret';
    const { roots, interrupts } = made.tree(`main main+4 ${device} main+8 main+11`);
    expect(roots).toEqual(['main 4']);
    expect(interrupts).toEqual([
      'irq_entries_start 1',
      'asm_common_interrupt 2',
      '  common_interrupt 1',
      '  error_return 1',
      '  native_irq_return_iret 1',
    ]);
  });

  it('counts an exception for the operation, which has caused it, and what caused it once', () => {
    const fault =
      'asm_exc_page_fault exc_page_fault asm_exc_page_fault+9 error_return native_irq_return_iret';
    expect(made.tree(`main main+4 ${fault} main+4 main+8`)).toEqual({
      roots: [
        'main 3',
        'asm_exc_page_fault 2',
        '  exc_page_fault 1',
        '  error_return 1',
        '  native_irq_return_iret 1',
      ],
      interrupts: [],
    });
    expect(made.tree(`entry copy copy+4 ${fault} copy+4 copy+8 entry+5`).roots).toEqual([
      'entry 2',
      '  copy 3',
      '    asm_exc_page_fault 2',
      '      exc_page_fault 1',
      '      error_return 1',
      '      native_irq_return_iret 1',
    ]);
  });
});

describe('threads', () => {
  const made = new MadeCode([
    ...[
      'entry',
      'read',
      'write',
      'wait',
      'schedule',
      '__schedule',
      '__switch_to_asm',
      '__switch_to',
    ],
    ...['ret_from_fork', 'fork', 'finish'],
  ]);
  const away =
    'schedule schedule+16 __schedule __schedule+99 __switch_to_asm __switch_to __switch_to+9';
  const back = '__schedule+104 finish __schedule+120 schedule+21';

  const called = (name: string, roots: readonly string[]) =>
    roots.filter((line) => line.trim().startsWith(`${name} `));

  it('go on with their own calls after a switch', () => {
    const wakes = `${back} wait+50 entry+90 main+2 main+8`;
    const writes = `entry write write+8 ${away}`;
    // A thread that slept before the trace began goes on where the first one gives up.
    const places = `main entry read read+8 ${away} ${wakes} ${writes} ${back} read+13 entry+5 main+2`;
    const { roots } = made.tree(places);
    expect(called('read', roots)).toEqual(['  read 3']);
    expect(called('write', roots)).toEqual(['  write 2']);
    // Nothing is known of who had called what it slept in.
    expect(called('wait', roots)).toEqual(['wait 1']);
    expect(called('finish', roots)).toEqual(['        finish 1', '  finish 1']);
  });

  it('are told apart by where they return to, not by where they sleep', () => {
    const first = `main entry read read+8 ${away}`;
    const second = `ret_from_fork entry+90 main+2 main+4 entry write write+8 ${away}`;
    const places = `${first} ${second} ${back} read+13 read+17 entry+5 main+2 main+8 entry read read+8 ${away} ${back} write+13 entry+5 main+2`;
    const { roots } = made.tree(places);
    expect(roots.filter((line) => /^ {2}(read|write) /.test(line))).toEqual([
      '  read 6',
      '  write 3',
    ]);
  });

  it('that slept before the trace began are known by how they sleep at its end', () => {
    const woken = `${back} write+13 entry+5 main+2 main+4 entry write write+8 ${away}`;
    const { roots } = made.tree(
      `main entry read read+8 ${away} ${woken} ${back} read+13 entry+5 main+2`,
    );
    expect(called('write', roots)).toEqual(['  write 3']);
    expect(called('read', roots)).toEqual(['  read 3']);
    expect(called('finish', roots).every((line) => line.startsWith('      '))).toBe(true);
  });

  it('begin with nothing on their stack', () => {
    const { roots } = made.tree(
      `main entry fork fork+4 ${away} ret_from_fork ret_from_fork+4 main+2 main+5`,
    );
    expect(roots).toContain('ret_from_fork 2');
  });
});

describe('code that was inlined', () => {
  const made = new MadeCode(['entry', 'read', 'hook', 'copy']);
  const inlined = new Map([
    [made.address('read+4'), ['verify']],
    [made.address('read+8'), ['verify', 'security']],
    [made.address('read+20'), ['copy']],
  ]);
  const code = new Code(made.symbols, inlined);

  it('is a call of what it was inlined into, and calls what is called from there', () => {
    const tree = callTree(
      made.addresses('entry read read+4 read+8 hook read+13 read+20 copy read+25 entry+5'),
      code,
    );
    const lines = (nodes: Map<number, CallNode>, depth = 0): string[] =>
      [...nodes.values()].flatMap(({ function: number, own, children }) => [
        `${'  '.repeat(depth)}${code.functions[number]?.name} ${own}`,
        ...lines(children, depth + 1),
      ]);
    expect(lines(tree.roots)).toEqual([
      'entry 2',
      '  read 3',
      '    verify 1',
      '      security 1',
      '        hook 1',
      '    copy 1',
      '      copy 1',
    ]);
  });
});

describe('any trace', () => {
  const KERNEL = [
    ...['entry', 'a', 'b', 'a.cold', '__schedule', '__switch_to_asm', 'ret_from_fork'],
    ...['asm_sysvec_x', 'native_irq_return_iret', 'asm_exc_page_fault', '__x86_indirect_thunk_rax'],
  ];
  const made = new MadeCode(KERNEL);
  const place = fc
    .tuple(fc.constantFrom(...KERNEL, 'main', 'handler'), fc.constantFrom(0, 4, 5, 90))
    .map(([name, offset]) => `${name}+${offset}`);

  /** What one has cut into is done once more. */
  const exceptions = (places: readonly string[]): number =>
    places.filter((one) => one.startsWith('asm_exc_page_fault')).length;

  it('is counted to its last instruction, whatever it jumps to', () => {
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 200 }), (places) => {
        const tree = callTree(made.addresses(places.join(' ')), made.code);
        const sum = sumOf(tree.roots) + sumOf(tree.interrupts);
        expect(sum).toBeLessThanOrEqual(places.length);
        expect(sum).toBeGreaterThanOrEqual(places.length - exceptions(places));
      }),
    );
  });
});
