import type { Architecture } from '../../probe/architecture.js';
import { Refusal } from '../words.js';

/** One rule of the kernel's audit, as auditctl(8) is told it. */
export interface AuditRule {
  /** AUDIT_FILTER_… of linux/audit.h: what asks for it. */
  list: number;
  /** AUDIT_NEVER or AUDIT_ALWAYS. */
  action: number;
  /** Names or numbers of system calls; undefined for all of them. */
  calls?: string[];
  fields: AuditField[];
}

interface AuditField {
  /** AUDIT_… of linux/audit.h. */
  field: number;
  operator: number;
  /** A text goes behind the rule. `arch` is the guest's own. */
  value: number | string | typeof OWN_ARCHITECTURE;
}

const OWN_ARCHITECTURE = Symbol('arch=b64');

const LISTS: Readonly<Record<string, number>> = { task: 1, exit: 4 };
const ACTIONS: Readonly<Record<string, number>> = { never: 0, always: 2 };

const OPERATORS: Readonly<Record<string, number>> = {
  ...{ '=': 0x4000_0000, '!=': 0x3000_0000, '<': 0x1000_0000, '>': 0x2000_0000 },
  ...{ '<=': 0x5000_0000, '>=': 0x6000_0000, '&': 0x0800_0000, '&=': 0x4800_0000 },
};

/** Fields that have a number. */
const NUMBERS: Readonly<Record<string, number>> = {
  ...{ pid: 0, uid: 1, euid: 2, suid: 3, fsuid: 4, gid: 5, egid: 6, sgid: 7, fsgid: 8, auid: 9 },
  ...{ pers: 10, ppid: 18, devmajor: 100, devminor: 101, inode: 102, exit: 103, success: 104 },
  ...{ a0: 200, a1: 201, a2: 202, a3: 203 },
};
const TEXTS: Readonly<Record<string, number>> = { path: 105, dir: 107, key: 210 };
const ARCH = 11;
const PERM = 106;
/** What a file is opened for. */
const PERMISSIONS: Readonly<Record<string, number>> = { x: 1, w: 2, r: 4, a: 8 };

const SYNTAX = '-a always,exit, -S CALL,…, -F FIELD=VALUE and -k KEY';

/**
 * Reads one rule in auditctl's own words: `-a always,exit -S openat -F success=0`. What a rule for
 * measuring needs is there: system calls, processes, results, arguments and paths; not users by name,
 * comparisons of fields and what is for daemons.
 *
 * @throws Refusal a clause
 */
export function parseAuditRule(text: string): AuditRule {
  const words = wordsOf(text);
  const rule: AuditRule = { list: -1, action: -1, fields: [] };
  for (let index = 0; index < words.length; index += 2) {
    const [option = '', value] = words.slice(index, index + 2);
    const read = Object.hasOwn(READERS, option) ? READERS[option] : undefined;
    if (read === undefined || value === undefined) {
      throw new Refusal(`its audit-rule has "${option}", and is made of ${SYNTAX}`);
    }
    read(rule, value);
  }
  if (rule.list < 0) throw new Refusal('its audit-rule does not begin with -a always,exit');
  if (rule.fields.length > MOST_FIELDS) throw new Refusal('its audit-rule has too many fields');
  return rule;
}

/** As in a file of rules: < and > are of no shell, and single quotes hold blanks together. */
function wordsOf(text: string): string[] {
  const words = text.match(/(?:[^\s']|'[^']*')+/g) ?? [];
  if ((text.match(/'/g)?.length ?? 0) % 2 !== 0)
    throw new Refusal('close the quote of its audit-rule');
  return words.map((word) => word.replaceAll("'", ''));
}

const READERS: Readonly<Record<string, (rule: AuditRule, value: string) => void>> = {
  '-a': (rule, value) => {
    const names = value.split(',');
    const list = names.find((name) => Object.hasOwn(LISTS, name));
    const action = names.find((name) => Object.hasOwn(ACTIONS, name));
    if (names.length !== 2 || list === undefined || action === undefined) {
      throw new Refusal(`its audit-rule has -a ${value}, and takes always or never, exit or task`);
    }
    rule.list = LISTS[list] ?? -1;
    rule.action = ACTIONS[action] ?? -1;
  },
  '-S': (rule, value) => {
    const calls = value.split(',').filter((name) => name !== 'all');
    if (!calls.every((name) => /^\w{1,64}$/.test(name))) {
      throw new Refusal(`its audit-rule has -S ${value}, which are no system calls`);
    }
    if (calls.length > 0) rule.calls = [...(rule.calls ?? []), ...calls];
  },
  '-F': (rule, value) => {
    rule.fields.push(fieldOf(value));
  },
  '-k': (rule, value) => {
    rule.fields.push(fieldOf(`key=${value}`));
  },
};

/** AUDIT_MAX_FIELDS, and what a text may have: PATH_MAX. */
const MOST_FIELDS = 64;
const LONGEST_TEXT = 4095;

function fieldOf(text: string): AuditField {
  const [, name = '', sign = '', value = ''] = /^(\w+)(!=|<=|>=|&=|[=<>&])(.+)$/s.exec(text) ?? [];
  const operator = OPERATORS[sign];
  if (operator === undefined) {
    throw new Refusal(`its audit-rule has -F ${text}, which is not FIELD=VALUE`);
  }
  if (name === 'arch' && sign === '=' && value === 'b64') {
    return { field: ARCH, operator, value: OWN_ARCHITECTURE };
  }
  if (name === 'perm' && sign === '=' && /^[rwxa]+$/.test(value)) {
    const bits = [...value].map((letter) => PERMISSIONS[letter] ?? 0);
    return { field: PERM, operator, value: bits.reduce((all, bit) => all | bit, 0) };
  }
  if (Object.hasOwn(TEXTS, name) && value.length <= LONGEST_TEXT) {
    return { field: TEXTS[name] ?? 0, operator, value };
  }
  const number = value === 'unset' ? UNSET : Number(value);
  if (!Object.hasOwn(NUMBERS, name) || !Number.isInteger(number) || Math.abs(number) > UNSET) {
    throw new Refusal(
      `its audit-rule has -F ${text}, and takes whole numbers of ${Object.keys(NUMBERS).join(', ')}, and arch=b64, perm=rwxa, path=, dir= and key=`,
    );
  }
  return { field: NUMBERS[name] ?? 0, operator, value: number };
}

const UNSET = 0xffff_ffff;

/** AUDIT_BITMASK_SIZE: a bit for every call. */
const MASK_WORDS = 64;
const CALLS = 32 * MASK_WORDS;
/** Offsets of struct audit_rule_data, linux/audit.h: arrays of 32-bit numbers, and texts behind. */
const AT = {
  ...{ list: 0, action: 4, fieldCount: 8, mask: 12, fields: 268, values: 524, operators: 780 },
  ...{ textLength: 1036, texts: 1040 },
};

/** AUDIT_ARCH_…: the number of its ELF files, 64 bits, little-endian. */
const ARCHITECTURES: Readonly<Record<Architecture, number>> = {
  x86_64: 0xc000_003e,
  aarch64: 0xc000_00b7,
};

/**
 * A rule as the kernel takes it: struct audit_rule_data with its texts.
 *
 * @param numbers of the system calls of that architecture, by name
 * @throws Refusal a clause, when there is no call of a name
 */
export function auditRuleData(
  { list, action, calls, fields }: AuditRule,
  architecture: Architecture,
  numbers: ReadonlyMap<string, number>,
): Buffer {
  const texts = Buffer.from(
    fields.map(({ value }) => (typeof value === 'string' ? value : '')).join(''),
  );
  const data = Buffer.alloc(AT.texts);
  const put = (value: number, at: number) => data.writeUInt32LE(value >>> 0, at);
  put(list, AT.list);
  put(action, AT.action);
  put(fields.length, AT.fieldCount);
  if (calls === undefined) data.fill(0xff, AT.mask, AT.fields);
  for (const call of calls ?? []) {
    const number = numberOf(call, numbers);
    const at = AT.mask + (number >>> 5) * 4;
    put(data.readUInt32LE(at) | (1 << (number & 31)), at);
  }
  for (const [index, { field, operator, value }] of fields.entries()) {
    put(field, AT.fields + 4 * index);
    put(operator, AT.operators + 4 * index);
    const number = value === OWN_ARCHITECTURE ? ARCHITECTURES[architecture] : value;
    put(typeof number === 'string' ? Buffer.byteLength(number) : number, AT.values + 4 * index);
  }
  put(texts.length, AT.textLength);
  return Buffer.concat([data, texts]);
}

function numberOf(call: string, numbers: ReadonlyMap<string, number>): number {
  const number = /^\d+$/.test(call) ? Number(call) : numbers.get(call);
  if (number !== undefined && number < CALLS) return number;
  throw new Refusal(`its audit-rule has the system call ${call}, which this machine does not know`);
}
