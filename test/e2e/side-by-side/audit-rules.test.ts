import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseConfig } from '../../../src/config/inputs.js';
import { gate } from '../../../src/flows/gate.js';
import { countedIn } from '../../fixtures/findings.js';
import { bootableKernel } from '../../fixtures/kernels.js';
import { SILENT } from '../../fixtures/targets.js';

// A boot takes seconds, and several times as many on a busy machine.
vi.setConfig({ testTimeout: 400_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syscall-gate-audit-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('an audit rule costs the calls that it names more, in functions of the audit', async ({
  signal,
}) => {
  const kernel = `kernel:${bootableKernel()} audit=1`;
  const rule = '-a always,exit -F arch=b64 -S read -F uid=1234 -k never';
  const config = parseConfig({
    ...{ baseline: kernel, candidate: `${kernel} audit-rule="${rule}"`, failOn: 'never' },
    ...{ kernelOptions: 'accel=tcg', evidence: 'counted' },
    ...{ metrics: 'syscall.null,syscall.read_zero', out: join(folder, 'out') },
  });
  const { report } = await gate(config, { progress: SILENT, signal });
  expect(report.candidate.facts['audit rules']).toBe(rule);
  expect(report.subject.kernelCommandLine).toMatch(/ audit=1 nokaslr /);
  const [unnamed, named] = ['syscall.null', 'syscall.read_zero'].map((id) =>
    countedIn(report).find((finding) => finding.id === id),
  );
  // A machine with rules looks for one at the end of every call.
  expect(unnamed?.difference).toBeGreaterThan(10);
  expect(named?.difference).toBeGreaterThan((unnamed?.difference ?? Infinity) + 20);
  const changed = (metric: typeof named) => metric?.functions?.map(({ name }) => name);
  expect(changed(unnamed)?.filter((name) => name.includes('audit'))).not.toEqual([]);
  expect(changed(unnamed)).not.toContain('audit_filter_rules');
  expect(changed(named)).toContain('audit_filter_rules');
});
