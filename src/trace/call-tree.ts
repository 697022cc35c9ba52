import { isKernels } from './address.js';
import { type Role, roleOf } from './entries.js';
import type { Code } from './symbols.js';

/** A function where it was called from, and all that was done in it there. */
export interface CallNode {
  /** Number in Code.functions. */
  function: number;
  /** Instructions in the function itself. */
  own: number;
  /** In the order of the first call. */
  children: Map<number, CallNode>;
}

/** Roots are the functions that nobody called: entries into the kernel, and a program's first. */
export interface CallTree {
  /** What was executed but for interrupts. */
  roots: Map<number, CallNode>;
  /** Interrupts, which came from outside, and what was done in them. */
  interrupts: Map<number, CallNode>;
}

/**
 * Makes a tree of calls out of the addresses of instructions in the order of their execution.
 *
 * The instructions themselves are not looked at. A jump to a function's first address is a call,
 * also where it was the end of the caller (a tail call). A jump right behind the place of a call that is
 * under way is the return from it, and ends the calls in between; a jump into the middle of a
 * function that is under way is a return to that. What an interrupt has cut into goes on where the
 * interrupt returns. Every thread has a stack of its own: after a switch the stack goes on that the
 * returns to come belong to. A thread that slept before the window began did so as it does at its end,
 * for what a window holds is done over and over; where it does not sleep again, its functions are
 * roots.
 *
 * Every instruction counts for the function that it is in, wherever the tree has that: the sums by
 * function are exact, the tree is as good as the symbols.
 */
export function callTree(addresses: Float64Array, code: Code): CallTree {
  const first = new Walk(addresses, code);
  const tree = first.run();
  const { sleepers } = first;
  return sleepers.length === 0 ? tree : new Walk(addresses, code, sleepers).run();
}

/** All instructions at and below some nodes. */
export function sumOf(nodes: Map<number, CallNode>): number {
  let sum = 0;
  for (const node of nodes.values()) sum += node.own + sumOf(node.children);
  return sum;
}

/** The longest instruction of any architecture; a call returns to right behind it. */
const LONGEST = 15;

interface Frame {
  function: number;
  role: Role;
  node: CallNode;
  /** Where the node is. */
  among: Map<number, CallNode>;
  /** The address that it was entered from: of the call, or of what was cut into. NaN: not known. */
  site: number;
  /** Whether the function is under way further out as well. */
  recursive: boolean;
}

/** Stacks that may go on; those of threads that have ended are not told from them. */
const SLEEPERS_MAX = 256;

/** So many returns a stack must explain for a thread to be known by it, where it has so many. */
const KNOWN_BY = 2;

class Walk {
  readonly #addresses: Float64Array;
  readonly #code: Code;
  readonly #roles: readonly Role[];
  /** Where the functions begin that switch threads. */
  readonly #switches: ReadonlySet<number>;
  readonly #tree: CallTree = { roots: new Map(), interrupts: new Map() };
  /** Of the thread that runs, the innermost call last. */
  #stack: Frame[] = [];
  /** Of threads that ran before, the one that has slept longest first. */
  #sleepers: Frame[][] = [];
  /** Whether the next instruction has been written down, and has not been done. */
  #again = false;
  /** Those that slept before the window began: their frames are of another tree. */
  readonly #before: ReadonlySet<readonly Frame[]>;

  /** @param sleepers threads that slept before the window began, as they sleep at its end */
  constructor(addresses: Float64Array, code: Code, sleepers: readonly Frame[][] = []) {
    this.#addresses = addresses;
    this.#code = code;
    const roles = code.functions.map(({ name, kernel }) => (kernel ? roleOf(name) : 'plain'));
    const isSwitch = (piece: number) => roles[code.functionOf[piece] ?? 0] === 'switch';
    this.#roles = roles;
    this.#switches = new Set(code.starts.filter((_, piece) => isSwitch(piece)));
    this.#sleepers = [...sleepers];
    this.#before = new Set(sleepers);
  }

  /** Those that sleep at the end of the window. */
  get sleepers(): readonly Frame[][] {
    return this.#sleepers;
  }

  run(): CallTree {
    const { starts, inlined } = this.#code;
    const addresses = this.#addresses;
    let [low, high] = [Number.NaN, Number.NaN];
    let previous = Number.NaN;
    let frame: Frame | undefined;
    for (let at = 0; at < addresses.length; at++) {
      const address = addresses[at] ?? 0;
      const inside = address < high && (address > low || address === previous);
      if (!inside || frame === undefined || (frame.recursive && !isNext(previous, address))) {
        const piece = this.#code.pieceAt(address);
        low = starts[piece] ?? Number.NaN;
        high = starts[piece + 1] ?? Number.POSITIVE_INFINITY;
        frame = this.#transfer({ at, previous, address, piece });
      }
      if (this.#again) this.#again = false;
      else (inlined === undefined ? frame.node : leafOf(frame.node, inlined.get(address))).own++;
      previous = address;
    }
    return this.#tree;
  }

  /** @returns the call that is under way from here on */
  #transfer(jump: Jump): Frame {
    const { previous, address, piece } = jump;
    const number = this.#code.functionOf[piece] ?? 0;
    const starts = address === this.#code.starts[piece] && address !== previous;
    const entered = starts && this.#code.isBeginning[piece] === 1;
    if (!isKernels(address)) this.#leaveKernel(address);
    const top = this.#stack.at(-1);
    if (top === undefined) return this.#push(number, Number.NaN);
    if (isKernels(previous) !== isKernels(address)) {
      if (isKernels(address)) return this.#push(number, previous);
      return this.#goOn(number, entered);
    }
    if (top.role === 'return') return this.#return(number, entered, address);
    if (this.#roles[number] === 'newborn' && this.#switchFrame() >= 0) return this.#bear(number);
    const returned = callBehind(this.#stack, address);
    if (returned > 0) return this.#unwind(jump, returned, number);
    if (this.#isEntry(number) && number !== top.function) return this.#cutInto(number, previous);
    return this.#move(jump, number, entered, top);
  }

  /** Nothing of what is under way has ended for sure. */
  #move({ previous, address }: Jump, number: number, entered: boolean, top: Frame): Frame {
    if (!entered) return this.#goOn(number, false, previous);
    const fellThrough = number !== top.function && isNext(previous, address);
    return fellThrough || top.role === 'thunk'
      ? this.#replace(number, top)
      : this.#push(number, previous);
  }

  /** The innermost call of a function goes on, or where there is none it takes the innermost's place. */
  #goOn(number: number, entered: boolean, site = Number.NaN): Frame {
    const top = this.#stack.at(-1);
    if (top === undefined) return this.#push(number, site);
    if (number === top.function) return top;
    if (entered || this.#code.functions[number]?.known === false) return this.#push(number, site);
    const below = this.#stack.findLastIndex((frame) => frame.function === number);
    if (below < 0) return this.#replace(number, top);
    this.#stack.length = below + 1;
    return this.#stack[below] ?? top;
  }

  /** A program goes on, or begins to handle a signal: what it called in the kernel is over. */
  #leaveKernel(address: number): void {
    const isProgram = ({ function: number }: Frame) => !this.#code.functions[number]?.kernel;
    const entry = this.#stack.findLastIndex(isProgram) + 1;
    this.#again = isAgain(this.#stack[entry], address);
    this.#stack.length = entry;
  }

  #isEntry(number: number): boolean {
    return this.#roles[number] === 'interrupt' || this.#roles[number] === 'exception';
  }

  /** One piece of assembly may enter by another. */
  #cutInto(number: number, previous: number): Frame {
    const top = this.#stack.at(-1);
    const further = top !== undefined && this.#isEntry(top.function);
    return further ? this.#replace(number, top) : this.#push(number, previous);
  }

  /** From an interrupt or an exception to what it has cut into, wherever that was. */
  #return(number: number, entered: boolean, address: number): Frame {
    const top = this.#stack.at(-1);
    if (top !== undefined && this.#roles[number] === 'return') return this.#replace(number, top);
    const entry = this.#stack.findLastIndex((frame) => this.#isEntry(frame.function));
    if (entry < 0) return this.#goOn(number, entered);
    const site = this.#stack[entry]?.site;
    this.#again = isAgain(this.#stack[entry], address);
    this.#stack.length = entry;
    return this.#goOn(number, entered, site);
  }

  #unwind(jump: Jump, returned: number, number: number): Frame {
    if (this.#switchFrame() >= returned) return this.#switch(jump, number);
    this.#stack.length = returned;
    return this.#goOn(number, false);
  }

  /** Of what switches threads, where that is the innermost call or has made it; else -1. */
  #switchFrame(): number {
    const least = this.#stack.length - 2;
    const index = this.#stack.findLastIndex(({ role }) => role === 'switch');
    return index >= least ? index : -1;
  }

  #bear(number: number): Frame {
    this.#sleep();
    return this.#push(number, Number.NaN);
  }

  #switch(jump: Jump, number: number): Frame {
    const next = this.#sleeperThatGoesOn(jump);
    this.#sleep();
    if (next !== undefined) {
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
      this.#wake(next);
    }
    return this.#goOn(number, false);
  }

  #wake(sleeper: readonly Frame[]): void {
    const frames = sleeper.slice(0, -1);
    if (this.#before.has(sleeper))
      for (const { function: one, site } of frames) this.#push(one, site);
    else this.#stack = frames;
  }

  #sleep(): void {
    const sleeper = this.#stack.slice(0, this.#switchFrame() + 1);
    this.#sleepers = [...this.#sleepers.slice(1 - SLEEPERS_MAX), sleeper];
    this.#stack = [];
  }

  /**
   * All threads go on at the one place that they gave the processor up at, and are told by where they
   * return to from there on, up to the next switch.
   */
  #sleeperThatGoesOn({ at, address }: Jump): Frame[] | undefined {
    let alive = this.#sleepers
      .filter((stack) => isBehind(address, stack.at(-1)?.site))
      .map((stack) => ({ stack, under: stack.length - 1 }));
    for (let next = at + 1; next < this.#addresses.length && alive.length > 0; next++) {
      const [from = 0, to = 0] = [this.#addresses[next - 1], this.#addresses[next]];
      if (this.#switches.has(to)) break;
      if (isNext(from, to)) continue;
      const returned = alive
        .map(({ stack, under }) => ({ stack, under: callBehind(stack, to, under) }))
        .filter(({ under }) => under > 0);
      if (returned.length > 0) alive = returned;
    }
    const isKnown = ({ stack, under }: { stack: Frame[]; under: number }) =>
      stack.length - 1 - under >= Math.min(KNOWN_BY, stack.length - 2);
    return alive.find(isKnown)?.stack;
  }

  #push(number: number, site: number): Frame {
    const below = this.#stack.at(-1);
    const recursive = this.#stack.some((frame) => frame.function === number);
    const frame = this.#frame(number, this.#placeOf(number, below, site), site, recursive);
    this.#stack.push(frame);
    return frame;
  }

  /** @param site of the call, which may be in what was inlined there */
  #placeOf(number: number, below: Frame | undefined, site: number): Map<number, CallNode> {
    if (this.#roles[number] === 'interrupt') return this.#tree.interrupts;
    const { functions, inlined } = this.#code;
    const enters = functions[number]?.kernel && below && !functions[below.function]?.kernel;
    if (below === undefined || enters) return this.#tree.roots;
    return leafOf(below.node, inlined?.get(site)).children;
  }

  #replace(number: number, { among, site }: Frame): Frame {
    this.#stack.pop();
    const recursive = this.#stack.some((frame) => frame.function === number);
    const place = this.#roles[number] === 'interrupt' ? this.#tree.interrupts : among;
    const frame = this.#frame(number, place, site, recursive);
    this.#stack.push(frame);
    return frame;
  }

  #frame(number: number, among: Map<number, CallNode>, site: number, recursive: boolean): Frame {
    const node = nodeAmong(among, number);
    return { function: number, role: this.#roles[number] ?? 'plain', node, among, site, recursive };
  }
}

function nodeAmong(among: Map<number, CallNode>, number: number): CallNode {
  const node = among.get(number) ?? { function: number, own: 0, children: new Map() };
  among.set(number, node);
  return node;
}

/** What an instruction counts for: of what was inlined there, the innermost. */
const leafOf = (node: CallNode, chain: readonly number[] = []): CallNode =>
  chain.reduce((above, number) => nodeAmong(above.children, number), node);

/** A step that is not to the next instruction of a function. */
interface Jump {
  /** Position in the trace. */
  at: number;
  previous: number;
  address: number;
  /** The piece of code that it led into. */
  piece: number;
}

/** Whether an exception returns to the instruction that has caused it, which then is done at last. */
const isAgain = (entry: Frame | undefined, address: number): boolean =>
  entry?.role === 'exception' && entry.site === address;

/** Also of an instruction that repeats itself. */
const isNext = (previous: number, address: number): boolean =>
  address >= previous && address - previous <= LONGEST;

const isBehind = (address: number, site = Number.NaN): boolean =>
  address > site && address - site <= LONGEST;

/**
 * Which call is over where an address is right behind its site: the innermost of those under
 * another.
 *
 * @returns its position; 0 where there is none, since the outermost has no site
 */
function callBehind(stack: readonly Frame[], address: number, under = stack.length): number {
  let index = under - 1;
  while (index > 0 && !isBehind(address, stack[index]?.site)) index--;
  return Math.max(index, 0);
}
