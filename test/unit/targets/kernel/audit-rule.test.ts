import { describe, expect, test } from 'vitest';
import { readCallNumbers } from '../../../../src/build/call-numbers.js';
import { auditRuleData, parseAuditRule } from '../../../../src/targets/kernel/audit-rule.js';

const NUMBERS = new Map([
  ['read', 0],
  ['write', 1],
  ['openat', 257],
]);

/** The numbers of a rule as the kernel reads them: struct audit_rule_data of linux/audit.h. */
function ruleOf(text: string, architecture: 'x86_64' | 'aarch64' = 'x86_64') {
  const data = auditRuleData(parseAuditRule(text), architecture, NUMBERS);
  const number = (at: number) => data.readUInt32LE(at);
  const fields = Array.from({ length: number(8) }, (_, index) => [
    number(268 + 4 * index),
    number(780 + 4 * index),
    number(524 + 4 * index),
  ]);
  const calls = Array.from({ length: 2048 }, (_, call) => call).filter(
    (call) => (number(12 + 4 * (call >>> 5)) >>> (call & 31)) & 1,
  );
  const texts = data.subarray(1040).toString();
  expect(number(1036)).toBe(texts.length);
  return { list: number(0), action: number(4), calls, fields, texts };
}

const EQUAL = 0x40000000;

describe('an audit rule', () => {
  test('names calls, or has them all', () => {
    expect(ruleOf('-a always,exit -S read,openat -S 1')).toEqual({
      ...{ list: 4, action: 2, calls: [0, 1, 257], fields: [], texts: '' },
    });
    expect(ruleOf('-a exit,never').calls).toHaveLength(2048);
    expect(ruleOf('-a task,never -S all')).toMatchObject({ list: 1, action: 0 });
  });

  test('asks for numbers, and for the architecture that the guest has', () => {
    const text = '-a always,exit -F arch=b64 -S write -F auid!=unset -F uid>=1000 -F exit=-13';
    expect(ruleOf(text).fields).toEqual([
      [11, EQUAL, 0xc000003e],
      [9, 0x30000000, 0xffffffff],
      [1, 0x60000000, 1000],
      [103, EQUAL, 0xfffffff3],
    ]);
    expect(ruleOf(text, 'aarch64').fields[0]).toEqual([11, EQUAL, 0xc00000b7]);
    expect(ruleOf('-a always,exit -F a1&0x241').fields).toEqual([[201, 0x08000000, 0x241]]);
  });

  test('has its texts behind it, in the order of their fields', () => {
    const text = "-a always,exit -F path=/dev/zero -F perm=rw -k 'zero reads'";
    expect(ruleOf(text)).toMatchObject({
      fields: [
        [105, EQUAL, 9],
        [106, EQUAL, 6],
        [210, EQUAL, 10],
      ],
      texts: '/dev/zerozero reads',
    });
  });

  test.each([
    ['', 'does not begin with -a always,exit'],
    ['-S read', 'does not begin with -a always,exit'],
    ['-w /etc/passwd -p wa', 'has "-w" and may only have -a always,exit, -S CALL,…'],
    ['-a always,exit -S', 'has "-S" and may only have'],
    ['-a always', 'give always or never, and exit or task'],
    ['-a always,entry', 'give always or never, and exit or task'],
    ['-a always,exit -S read;write', 'give names or numbers of system calls'],
    ["-a always,exit -k 'read", 'close the quote'],
    ['-a always,exit -S re-ad', 'give names or numbers of system calls'],
    ['-a always,exit -F uid', 'give FIELD=VALUE'],
    ['-a always,exit -F uid=root', 'give a whole number for pid, uid'],
    ['-a always,exit -F arch=b32', 'or arch=b64'],
    ['-a always,exit -F constructor=1', 'give a whole number'],
    [`-a always,exit ${'-F uid=1 '.repeat(65)}`, 'too many fields'],
  ])('%s is refused', (text, clause) => {
    expect(() => parseAuditRule(text)).toThrow(clause);
  });

  test('is refused where there is no such call', () => {
    expect(() => ruleOf('-a always,exit -S frobnicate')).toThrow(
      "the system call frobnicate, which this machine's headers do not have",
    );
    expect(() => ruleOf('-a always,exit -S 2048')).toThrow('2048');
  });
});

test('the numbers of calls are read from what a compiler defines', () => {
  const numbers = readCallNumbers(
    [
      '#define __NR_read 63',
      '#define __NR3264_lseek 62',
      '#define __NR_lseek __NR3264_lseek',
      '#define SYS_read __NR_read',
      '#define __NR_sync_file_range2 __NR_sync_file_range',
      '#define __ASM_GENERIC 1',
    ].join('\n'),
  );
  expect([...numbers]).toEqual([
    ['read', 63],
    ['lseek', 62],
  ]);
});
