import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/failure.js';
import { optionValue } from '../../../src/targets/container/options.js';
import { parseRunnableSpec } from '../../../src/targets/index.js';
import { WRITTEN } from '../../fixtures/targets.js';

const parse = (spec: string) =>
  parseRunnableSpec(spec, {
    input: 'candidate',
    options: { ...WRITTEN.options, containerEngine: 'podman' },
  });

const failureOf = (spec: string): Failure => {
  try {
    parse(spec);
  } catch (error) {
    if (error instanceof Failure) return error;
  }
  throw new Error(`${spec} was not refused`);
};

describe('the spec of a container', () => {
  it('is an image alone', () => {
    expect(parse('container:registry.example:5000/a/b:1.2')).toEqual({
      kind: 'container',
      spec: 'container:registry.example:5000/a/b:1.2',
      image: 'registry.example:5000/a/b:1.2',
      options: [],
      engine: 'podman',
    });
  });

  it('is an image and options of the engine, quoted as in a shell', () => {
    const options = `--security-opt seccomp="my profile.json" --runtime=runsc -v /a:/b --read-only`;
    expect(parse(`container:alpine ${options}`)).toMatchObject({
      image: 'alpine',
      options: [
        ...['--security-opt', 'seccomp=my profile.json', '--runtime=runsc'],
        ...['-v', '/a:/b', '--read-only'],
      ],
    });
  });

  it.each([
    ['container:', 'name an image after the colon'],
    ['container', 'name an image after the colon'],
    ['container:--runtime runsc alpine', 'put the image first'],
    ['container:alpine sh -c true', '"sh" belongs to no option'],
    ['container:alpine --user 1000 1001', '"1001" belongs to no option'],
    ['container:alpine --read-only sh', '"sh" belongs to no option'],
    ['container:alpine --user=1000 sh', '"sh" belongs to no option'],
    ['container:alpine --detach', 'leave --detach out, because the gate waits for the container'],
    ['container:alpine -d', 'leave -d out, because the gate waits for the container'],
    ['container:alpine --tty=true', 'leave --tty=true out, because there is no terminal'],
    ['container:alpine -it', 'leave -it out, because there is no terminal'],
    ['container:alpine -ti', 'leave -ti out'],
    [
      'container:alpine --rm=false',
      'leave --rm=false out, because the gate removes every container',
    ],
    ['container:alpine --restart always', 'leave --restart out'],
    [
      'container:alpine --name x',
      'leave --name out, because the gate gives every container its own name',
    ],
    ['container:alpine --cidfile=x', 'leave --cidfile=x out'],
    [
      'container:alpine --entrypoint sh',
      'leave --entrypoint out, because the entry point is the probe',
    ],
    [
      'container:alpine --pull always',
      'leave --pull out, because the gate pulls only an image that is not on this machine',
    ],
    ['container:alpine --env "A=b', 'close the quote'],
    ['container:alpine --env A=$B', 'variables are not expanded'],
    [`container:${'a'.repeat(5000)}`, 'it is longer than 4096 characters'],
  ])('is not "%s"', (spec, because) => {
    const { kind, message } = failureOf(spec);
    expect(kind).toBe('usage');
    expect(message).toMatch(/^candidate "container.*" cannot be run: .*\.$/);
    expect(message).toContain(because);
  });

  it.each(['--tmpfs /tmp', '--init', '-e i=t', '--rm', '--device /dev/null', '--pids-limit -1'])(
    'takes %s',
    (options) => {
      expect(parse(`container:alpine ${options}`)).toMatchObject({ options: options.split(' ') });
    },
  );
});

describe('the value of an option', () => {
  it('is the next word or what follows the equals sign, the last time it is given', () => {
    expect(optionValue(['--runtime', 'runc', '--init'], '--runtime')).toBe('runc');
    expect(optionValue(['--runtime', 'runc', '--runtime=crun'], '--runtime')).toBe('crun');
    expect(optionValue(['--runtimes=x', '--runtime'], '--runtime')).toBeUndefined();
  });
});
