import type { Architecture } from '../../probe/architecture.js';
import { Refusal } from '../words.js';

/** One rule of the kernel's audit, as auditctl(8) takes it. */
interface AuditRule {
  /** AUDIT_FILTER_… of linux/audit.h: when the kernel checks the rule. */
  list: number;
  /** AUDIT_NEVER or AUDIT_ALWAYS. */
  action: number;
  /** Names or numbers of system calls; undefined for all. */
  calls?: string[];
  fields: AuditField[];
}

interface AuditField {
  /** AUDIT_… of linux/audit.h. */
  field: number;
  operator: number;
  /** A text is stored behind the rule. OWN_ARCHITECTURE stands for the guest's architecture. */
  value: number | string | typeof OWN_ARCHITECTURE;
}

const OWN_ARCHITECTURE = Symbol('arch=b64');

const LISTS: Readonly<Record<string, number>> = { task: 1, exit: 4 };
const ACTIONS: Readonly<Record<string, number>> = { never: 0, always: 2 };

const OPERATORS: Readonly<Record<string, number>> = {
  ...{ '=': 0x4000_0000, '!=': 0x3000_0000, '<': 0x1000_0000, '>': 0x2000_0000 },
  ...{ '<=': 0x5000_0000, '>=': 0x6000_0000, '&': 0x0800_0000, '&=': 0x4800_0000 },
};

/** Fields with a number as value. */
const NUMBERS: Readonly<Record<string, number>> = {
  ...{ pid: 0, uid: 1, euid: 2, suid: 3, fsuid: 4, gid: 5, egid: 6, sgid: 7, fsgid: 8, auid: 9 },
  ...{ pers: 10, ppid: 18, devmajor: 100, devminor: 101, inode: 102, exit: 103, success: 104 },
  ...{ a0: 200, a1: 201, a2: 202, a3: 203 },
};
const TEXTS: Readonly<Record<string, number>> = { path: 105, dir: 107, key: 210 };
const ARCH = 11;
const PERM = 106;
/** What a file is opened for (perm=). */
const PERMISSIONS: Readonly<Record<string, number>> = { x: 1, w: 2, r: 4, a: 8 };

const SYNTAX = '-a always,exit, -S CALL,…, -F FIELD=VALUE and -k KEY';

/**
 * Reads one rule in auditctl's syntax: `-a always,exit -S openat -F success=0`. It supports what a
 * measurement needs: system calls, processes, results, arguments and paths. It does not support
 * users by name, comparisons between fields, or features for daemons.
 *
 * @throws Refusal with a clause
 */
export function parseAuditRule(text: string): AuditRule {
  const words = wordsOf(text);
  const rule: AuditRule = { list: -1, action: -1, fields: [] };
  for (let index = 0; index < words.length; index += 2) {
    const [option = '', value] = words.slice(index, index + 2);
    const read = Object.hasOwn(READERS, option) ? READERS[option] : undefined;
    if (read === undefined || value === undefined) {
      throw new Refusal(`its audit-rule has "${option}" and may only have ${SYNTAX}`);
    }
    read(rule, value);
  }
  if (rule.list < 0) throw new Refusal('its audit-rule does not begin with -a always,exit');
  if (rule.fields.length > MAX_FIELDS) throw new Refusal('its audit-rule has too many fields');
  return rule;
}

/** Splits as in a file of rules: < and > have no special meaning, and single quotes keep blanks. */
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
      throw new Refusal(`its audit-rule has -a ${value}; give always or never, and exit or task`);
    }
    rule.list = LISTS[list] ?? -1;
    rule.action = ACTIONS[action] ?? -1;
  },
  '-S': (rule, value) => {
    const calls = value.split(',').filter((name) => name !== 'all');
    if (!calls.every((name) => /^\w{1,64}$/.test(name))) {
      throw new Refusal(`its audit-rule has -S ${value}; give names or numbers of system calls`);
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

/** AUDIT_MAX_FIELDS, and the longest text that is allowed (PATH_MAX). */
const MAX_FIELDS = 64;
const MAX_TEXT_CHARACTERS = 4095;

function fieldOf(text: string): AuditField {
  const [, name = '', sign = '', value = ''] = /^(\w+)(!=|<=|>=|&=|[=<>&])(.+)$/s.exec(text) ?? [];
  const operator = OPERATORS[sign];
  if (operator === undefined) {
    throw new Refusal(`its audit-rule has -F ${text}; give FIELD=VALUE`);
  }
  if (name === 'arch' && sign === '=' && value === 'b64') {
    return { field: ARCH, operator, value: OWN_ARCHITECTURE };
  }
  if (name === 'perm' && sign === '=' && /^[rwxa]+$/.test(value)) {
    const bits = [...value].map((letter) => PERMISSIONS[letter] ?? 0);
    return { field: PERM, operator, value: bits.reduce((all, bit) => all | bit, 0) };
  }
  if (Object.hasOwn(TEXTS, name) && value.length <= MAX_TEXT_CHARACTERS) {
    return { field: TEXTS[name] ?? 0, operator, value };
  }
  const number = value === 'unset' ? UNSET : Number(value);
  if (!Object.hasOwn(NUMBERS, name) || !Number.isInteger(number) || Math.abs(number) > UNSET) {
    throw new Refusal(
      `its audit-rule has -F ${text}; give a whole number for ${Object.keys(NUMBERS).join(', ')}, or arch=b64, perm=rwxa, path=, dir= or key=`,
    );
  }
  return { field: NUMBERS[name] ?? 0, operator, value: number };
}

const UNSET = 0xffff_ffff;

/** AUDIT_BITMASK_SIZE: one bit for every call. */
const MASK_WORDS = 64;
const CALLS = 32 * MASK_WORDS;
/** Offsets in struct audit_rule_data (linux/audit.h): arrays of 32-bit numbers, then the texts. */
const AT = {
  ...{ list: 0, action: 4, fieldCount: 8, mask: 12, fields: 268, values: 524, operators: 780 },
  ...{ textLength: 1036, texts: 1040 },
};

/** AUDIT_ARCH_…: the ELF machine number, with the bits for 64-bit and little-endian. */
const ARCHITECTURES: Readonly<Record<Architecture, number>> = {
  x86_64: 0xc000_003e,
  aarch64: 0xc000_00b7,
};

/**
 * Encodes a rule as the kernel takes it: struct audit_rule_data with its texts.
 *
 * @param numbers numbers of that architecture's system calls, by name
 * @throws Refusal with a clause, if no system call has that name
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
  throw new Refusal(
    `its audit-rule names the system call ${call}, which this machine's headers do not have`,
  );
}
