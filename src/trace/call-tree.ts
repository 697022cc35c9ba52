import { isKernelAddress } from './address.js';
import { type Role, roleOf } from './entries.js';
import type { Code } from './symbols.js';

/** One function, as called from one place, and the instructions that it executed there. */
export interface CallNode {
  /** Index in Code.functions. */
  function: number;
  /** Instructions in the function itself. */
  own: number;
  /** In the order of the first call. */
  children: Map<number, CallNode>;
}

/**
 * The roots are functions without a caller: entries into the kernel, and the program's first
 * function.
 */
export interface CallTree {
  /** Everything executed outside of interrupts. */
  roots: Map<number, CallNode>;
  /** Interrupts, which came from outside, and everything executed in them. */
  interrupts: Map<number, CallNode>;
}

/**
 * Builds a tree of calls from instruction addresses in execution order.
 *
 * The instructions themselves are not decoded; the rules are:
 * - A jump to a function's first address is a call, even at the end of the caller (a tail call).
 * - A jump to right behind the site of a call in progress is the return from it; it ends the calls
 *   in between.
 * - A jump into the middle of a function in progress is a return to that function.
 * - Code that an interrupt cut into continues where the interrupt returns.
 * - Every thread has its own stack. After a thread switch, the stack that matches the following
 *   returns continues.
 *
 * A thread may have slept since before the window began. A window repeats the same work, so the
 * thread is assumed to have slept then as it sleeps at the window's end. If it does not sleep
 * again, its functions become roots.
 *
 * Every instruction counts for the function that contains it, wherever the tree puts that function.
 * So the sums per function are exact; the tree is as good as the symbols.
 */
export function callTree(addresses: Float64Array, code: Code): CallTree {
  const first = new Walk(addresses, code);
  const tree = first.run();
  const { sleepers } = first;
  return sleepers.length === 0 ? tree : new Walk(addresses, code, sleepers).run();
}

/** All instructions in some nodes and below them. */
export function sumOf(nodes: Map<number, CallNode>): number {
  let sum = 0;
  for (const node of nodes.values()) sum += node.own + sumOf(node.children);
  return sum;
}

/** Bytes of the longest instruction on any architecture. A call returns to within this distance. */
const MAX_INSTRUCTION_BYTES = 15;

interface Frame {
  function: number;
  role: Role;
  node: CallNode;
  /** The map that holds the node. */
  among: Map<number, CallNode>;
  /**
   * The address that it was entered from: of the call, or of the code that was cut into. NaN:
   * unknown.
   */
  site: number;
  /** Whether the same function is also in progress further out. */
  recursive: boolean;
}

/**
 * Maximum number of sleeping stacks; those of threads that have ended cannot be told from the
 * others.
 */
const MAX_SLEEPERS = 256;

/**
 * Number of returns that a stack must explain before its thread counts as found; a shorter stack
 * must explain all of its own.
 */
const MIN_EXPLAINED_RETURNS = 2;

class Walk {
  readonly #addresses: Float64Array;
  readonly #code: Code;
  readonly #roles: readonly Role[];
  /** Start addresses of the functions that switch threads. */
  readonly #switches: ReadonlySet<number>;
  readonly #tree: CallTree = { roots: new Map(), interrupts: new Map() };
  /** Stack of the running thread, the innermost call last. */
  #stack: Frame[] = [];
  /** Stacks of threads that ran before; the thread that has slept longest comes first. */
  #sleepers: Frame[][] = [];
  /**
   * Whether the next instruction is counted already: it faulted before, and is executed only now.
   */
  #alreadyCounted = false;
  /** Stacks that slept before the window began: their frames belong to another tree. */
  readonly #before: ReadonlySet<readonly Frame[]>;

  /**
   * @param sleepers stacks of threads that slept before the window began: those that sleep at its
   *   end
   */
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

  /** The stacks that sleep at the end of the window. */
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
      if (this.#alreadyCounted) this.#alreadyCounted = false;
      else (inlined === undefined ? frame.node : leafOf(frame.node, inlined.get(address))).own++;
      previous = address;
    }
    return this.#tree;
  }

  /** @returns the call in progress from here on */
  #transfer(jump: Jump): Frame {
    const { previous, address, piece } = jump;
    const number = this.#code.functionOf[piece] ?? 0;
    const starts = address === this.#code.starts[piece] && address !== previous;
    const entered = starts && this.#code.isBeginning[piece] === 1;
    if (!isKernelAddress(address)) this.#leaveKernel(address);
    const top = this.#stack.at(-1);
    if (top === undefined) return this.#push(number, Number.NaN);
    if (isKernelAddress(previous) !== isKernelAddress(address)) {
      if (isKernelAddress(address)) return this.#push(number, previous);
      return this.#continue(number, entered);
    }
    if (top.role === 'return') return this.#return(number, entered, address);
    if (this.#roles[number] === 'newborn' && this.#switchFrame() >= 0)
      return this.#startThread(number);
    const returned = callBehind(this.#stack, address);
    if (returned > 0) return this.#unwind(jump, returned, number);
    if (this.#isEntry(number) && number !== top.function) return this.#interrupt(number, previous);
    return this.#move(jump, number, entered, top);
  }

  /** Handles a jump after which no call in progress has ended for sure. */
  #move({ previous, address }: Jump, number: number, entered: boolean, top: Frame): Frame {
    if (!entered) return this.#continue(number, false, previous);
    const fellThrough = number !== top.function && isNext(previous, address);
    return fellThrough || top.role === 'thunk'
      ? this.#replace(number, top)
      : this.#push(number, previous);
  }

  /**
   * Continues the innermost call of a function. If it has none, it replaces the innermost call of
   * all.
   */
  #continue(number: number, entered: boolean, site = Number.NaN): Frame {
    const top = this.#stack.at(-1);
    if (top === undefined) return this.#push(number, site);
    if (number === top.function) return top;
    if (entered || this.#code.functions[number]?.known === false) return this.#push(number, site);
    const below = this.#stack.findLastIndex((frame) => frame.function === number);
    if (below < 0) return this.#replace(number, top);
    this.#stack.length = below + 1;
    return this.#stack[below] ?? top;
  }

  /**
   * The program continues, or begins to handle a signal: all its calls in the kernel have ended.
   */
  #leaveKernel(address: number): void {
    const isProgram = ({ function: number }: Frame) => !this.#code.functions[number]?.kernel;
    const entry = this.#stack.findLastIndex(isProgram) + 1;
    this.#alreadyCounted = isRetry(this.#stack[entry], address);
    this.#stack.length = entry;
  }

  #isEntry(number: number): boolean {
    return this.#roles[number] === 'interrupt' || this.#roles[number] === 'exception';
  }

  /**
   * Enters an interrupt or exception. One entry of the assembly may lead into another, which
   * replaces it.
   */
  #interrupt(number: number, previous: number): Frame {
    const top = this.#stack.at(-1);
    const further = top !== undefined && this.#isEntry(top.function);
    return further ? this.#replace(number, top) : this.#push(number, previous);
  }

  /** Returns from an interrupt or an exception to the code that it cut into, wherever that was. */
  #return(number: number, entered: boolean, address: number): Frame {
    const top = this.#stack.at(-1);
    if (top !== undefined && this.#roles[number] === 'return') return this.#replace(number, top);
    const entry = this.#stack.findLastIndex((frame) => this.#isEntry(frame.function));
    if (entry < 0) return this.#continue(number, entered);
    const site = this.#stack[entry]?.site;
    this.#alreadyCounted = isRetry(this.#stack[entry], address);
    this.#stack.length = entry;
    return this.#continue(number, entered, site);
  }

  #unwind(jump: Jump, returned: number, number: number): Frame {
    if (this.#switchFrame() >= returned) return this.#switch(jump, number);
    this.#stack.length = returned;
    return this.#continue(number, false);
  }

  /**
   * Index of the frame that switches threads, if it is the innermost call or its caller; else -1.
   */
  #switchFrame(): number {
    const min = this.#stack.length - 2;
    const index = this.#stack.findLastIndex(({ role }) => role === 'switch');
    return index >= min ? index : -1;
  }

  #startThread(number: number): Frame {
    this.#sleep();
    return this.#push(number, Number.NaN);
  }

  #switch(jump: Jump, number: number): Frame {
    const next = this.#sleeperThatContinues(jump);
    this.#sleep();
    if (next !== undefined) {
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
      this.#wake(next);
    }
    return this.#continue(number, false);
  }

  #wake(sleeper: readonly Frame[]): void {
    const frames = sleeper.slice(0, -1);
    if (this.#before.has(sleeper))
      for (const { function: one, site } of frames) this.#push(one, site);
    else this.#stack = frames;
  }

  #sleep(): void {
    const sleeper = this.#stack.slice(0, this.#switchFrame() + 1);
    this.#sleepers = [...this.#sleepers.slice(1 - MAX_SLEEPERS), sleeper];
    this.#stack = [];
  }

  /**
   * Finds the thread that continues. All threads continue at the one place where they gave up the
   * processor. The returns from there on, up to the next switch, tell which thread it is.
   */
  #sleeperThatContinues({ at, address }: Jump): Frame[] | undefined {
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
      stack.length - 1 - under >= Math.min(MIN_EXPLAINED_RETURNS, stack.length - 2);
    return alive.find(isKnown)?.stack;
  }

  #push(number: number, site: number): Frame {
    const below = this.#stack.at(-1);
    const recursive = this.#stack.some((frame) => frame.function === number);
    const frame = this.#frame(number, this.#placeOf(number, below, site), site, recursive);
    this.#stack.push(frame);
    return frame;
  }

  /** @param site address of the call, which may lie in an inlined function */
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

/** The node that an instruction counts for: the innermost function that was inlined there. */
const leafOf = (node: CallNode, chain: readonly number[] = []): CallNode =>
  chain.reduce((above, number) => nodeAmong(above.children, number), node);

/** A step that does not go to the next instruction of the same function. */
interface Jump {
  /** Position in the trace. */
  at: number;
  previous: number;
  address: number;
  /** Index of the piece of code that it leads into. */
  piece: number;
}

/** Whether an exception returns to the instruction that caused it, which is executed only now. */
const isRetry = (entry: Frame | undefined, address: number): boolean =>
  entry?.role === 'exception' && entry.site === address;

/** True also for an instruction that repeats itself. */
const isNext = (previous: number, address: number): boolean =>
  address >= previous && address - previous <= MAX_INSTRUCTION_BYTES;

const isBehind = (address: number, site = Number.NaN): boolean =>
  address > site && address - site <= MAX_INSTRUCTION_BYTES;

/**
 * Finds the call that ends when an address right behind its site is reached: the innermost such
 * call below a limit.
 *
 * @param under only frames below this index are searched
 * @returns its index; 0 if there is none, since the outermost call has no site
 */
function callBehind(stack: readonly Frame[], address: number, under = stack.length): number {
  let index = under - 1;
  while (index > 0 && !isBehind(address, stack[index]?.site)) index--;
  return Math.max(index, 0);
}
