import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.js';
import { parseRunnableSpec } from '../../src/targets/index.js';
import { openedTarget, WRITTEN } from '../fixtures/targets.js';

const PLAN = ['--metrics=syscall.null', '--rounds=2'];

const startOf = async (spec: string, probe = '/cache/probe') =>
  (await openedTarget(spec, probe)).start(PLAN);

const argvOf = async (spec: string, probe?: string): Promise<string[]> =>
  (await startOf(spec, probe)).argv;

const failureOf = (spec: string): Failure => {
  try {
    parseRunnableSpec(spec, WRITTEN);
  } catch (error) {
    if (error instanceof Failure) return error;
  }
  throw new Error(`${spec} was not refused`);
};

describe('the target host', () => {
  it('runs the probe itself, with results in memory', async () => {
    const target = await openedTarget('host');
    expect(target.record).toEqual({ kind: 'host', spec: 'host' });
    expect(target.results).toBe('memory');
    expect(await target.start(PLAN)).toEqual({ argv: ['/cache/probe', ...PLAN] });
  });

  it('takes nothing after its name', () => {
    expect(failureOf('host:eth0').message).toBe(
      'candidate "host:eth0" has something after the word host: give host alone.',
    );
  });
});

describe('the target command', () => {
  it('puts the probe and its plan where the word {probe} is, as words of their own', async () => {
    expect(await argvOf('command:chrt -f 50 {probe}')).toEqual([
      ...['chrt', '-f', '50', '/cache/probe', ...PLAN],
    ]);
  });

  it('reads results from standard output and records the spec as it was written', async () => {
    const target = await openedTarget('command:ssh board {probe}');
    expect(target.results).toBe('stdout');
    expect(target.record).toEqual({ kind: 'command', spec: 'command:ssh board {probe}' });
  });

  it('splits words as a shell does', async () => {
    expect(await argvOf(`command:env 'A=b c' "D=e 'f'" g\\ h --path=/a:/b {probe}`)).toEqual([
      ...['env', 'A=b c', "D=e 'f'", 'g h', '--path=/a:/b', '/cache/probe', ...PLAN],
    ]);
  });

  it.each(['/cache/probe', `/it's "here" $HOME/& $& back\\slash/probe`])(
    'quotes the command line of %s for a shell when {probe} is within a word',
    async (probe) => {
      const [shell = '', option = '', script = ''] = await argvOf(
        'command:sh -c \'echo > /dev/null; printf "%s\\n" {probe}\'',
        probe,
      );
      const words = execFileSync(shell, [option, script], { encoding: 'utf8' }).split('\n');
      expect(words.slice(0, -1)).toEqual([probe, ...PLAN]);
    },
  );

  it('streams the plan to a probe that is somewhere else already', async () => {
    expect(await startOf('command:ssh board ./probe -')).toEqual({
      argv: ['ssh', 'board', './probe', '-'],
      input: '--metrics=syscall.null\n--rounds=2\n\n',
    });
  });

  it('gives the path alone to a command that copies the probe and streams its plan', async () => {
    const { argv } = await startOf("command:sh -c 'cp {probe} /tmp/p; exec /tmp/p -'", "/a b's/p");
    expect(argv).toEqual(['sh', '-c', 'cp "/a b\'s/p" /tmp/p; exec /tmp/p -']);
    const word = await startOf('command:run -v {probe}:/probe /probe -', '/a b/p');
    expect(word.argv).toEqual(['run', '-v', '/a b/p:/probe', '/probe', '-']);
  });

  it.each([
    ['command:-', '{probe}'],
    ['command:', '{probe}'],
    ['command', '{probe}'],
    ['command:ssh board probe', '{probe}'],
    ['command:{probe} | tee log', "'|' needs a shell; write sh -c '…' around it"],
    ['command:{probe} > log', "'>' needs a shell"],
    ['command:a && {probe}', "'&&' needs a shell"],
    ['command:ls *.c {probe}', "put '*.c' in quotes"],
    ['command:$HOME/run {probe}', 'variables are not expanded'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's substitution, malformed
    ['command:a ${} {probe}', 'variables are not expanded'],
    ["command:sh -c 'exec {probe}", 'close the quote'],
    ['command:a #b {probe}', 'word with #'],
    [`command:${'a'.repeat(5000)} {probe}`, 'longer than 4096'],
  ])('refuses %s before anything is measured', (spec, clause) => {
    const failure = failureOf(spec);
    expect(failure.kind).toBe('usage');
    expect(failure.message).toContain(clause);
    expect(failure.message).toMatch(/^candidate "command.*cannot be run: .*\.$/s);
    expect(failure.message.length).toBeLessThan(400);
  });
});

describe('parseRunnableSpec', () => {
  it('names the input, the spec and every form that is allowed', () => {
    expect(() =>
      parseRunnableSpec('hots', { ...WRITTEN, input: 'baseline', otherForms: ['file:PATH'] }),
    ).toThrow(
      'baseline "hots" is of no known kind: give one of host, container:IMAGE [engine options], kernel:PATH [seccomp=PROFILE] [audit-rule=RULE] [vmlinux=FILE] [kernel command line], command:CMD with {probe} in it, or - at its end, file:PATH.',
    );
  });

  it('does not take the name of an inherited property for a kind', () => {
    expect(failureOf('constructor:x').kind).toBe('usage');
  });
});
