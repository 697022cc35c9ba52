import { type CallNode, type CallTree, callTree } from '../../../src/trace/call-tree.js';
import type { Window } from '../../../src/trace/file.js';
import { Code, type CodeSymbol } from '../../../src/trace/symbols.js';

const FUNCTION_BYTES = 256;
/** As the kernel's are, see address.ts. */
const KERNEL_TEXT = -0x7f000000;
const PROGRAM_TEXT = 0x401000;

/** Code that is nothing but names: each a function of 256 bytes, in the order given. */
export class MadeCode {
  readonly symbols: CodeSymbol[];
  readonly code: Code;

  constructor(kernel: readonly string[], program: readonly string[] = ['main', 'handler']) {
    this.symbols = [...placed(kernel, KERNEL_TEXT), ...placed(program, PROGRAM_TEXT)];
    this.code = new Code(this.symbols);
  }

  /** The address of `name`, of `name+offset`. */
  address(place: string): number {
    const [name, offset = '0'] = place.split('+');
    const symbol = this.symbols.find((one) => one.name === name);
    if (symbol === undefined) throw new Error(`${name} is not in the code`);
    return symbol.address + Number(offset);
  }

  /** @param places separated by blanks, in the order of their execution */
  addresses(places: string): Float64Array {
    return Float64Array.from(places.trim().split(/\s+/), (place) => this.address(place));
  }

  /** The tree of a trace as lines: what is called is further in; `own` behind the name. */
  tree(places: string): { roots: string[]; interrupts: string[] } {
    const { roots, interrupts }: CallTree = callTree(this.addresses(places), this.code);
    return { roots: this.#lines(roots), interrupts: this.#lines(interrupts) };
  }

  #lines(nodes: Map<number, CallNode>, depth = 0): string[] {
    return [...nodes.values()].flatMap((node) => [
      `${'  '.repeat(depth)}${this.code.functions[node.function]?.name} ${node.own}`,
      ...this.#lines(node.children, depth + 1),
    ]);
  }

  window(places: string): Window {
    return encodeWindow(this.addresses(places));
  }
}

const placed = (names: readonly string[], from: number): CodeSymbol[] =>
  names.map((name, index) => ({
    ...{ name, address: from + index * FUNCTION_BYTES },
    ...{ size: FUNCTION_BYTES },
  }));

/** As the plugin writes it. */
export function encodeWindow(addresses: Float64Array): Window {
  const bytes: number[] = [];
  let before = 0n;
  for (const address of addresses) {
    const way = BigInt(address) - before;
    let number = way >= 0n ? 2n * way : -2n * way - 1n;
    before = BigInt(address);
    for (; number >= 0x80n; number >>= 7n) bytes.push(Number(number & 0x7fn) | 0x80);
    bytes.push(Number(number));
  }
  return { instructions: addresses.length, cutOff: false, encoded: Uint8Array.from(bytes) };
}
