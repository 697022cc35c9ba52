import { oneLine } from '../../probe/lines.js';

/** An engine's failure, as a clause that goes on from "because". */
export class EngineError extends Error {
  constructor(
    message: string,
    readonly stderr = '',
  ) {
    super(message);
  }
}

interface Known {
  said: RegExp;
  /** Makes a clause that goes on from "because", from what the pattern found. */
  means(found: RegExpExecArray): string;
}

/**
 * Error messages of engines and runtimes, and what they mean to the user. The first match counts,
 * so specific patterns stand above general ones.
 */
const KNOWN: readonly Known[] = [
  {
    said: /permission denied while trying to connect to|docker\.sock: connect: permission denied|containerd\.sock: connect: permission denied/i,
    means: () =>
      'this user may not use the socket of its daemon: join the group that may (sudo usermod -aG docker "$USER", and log in again), or run syscall-gate itself with sudo',
  },
  {
    said: /rootless containerd not running/i,
    means: () =>
      'containerd does not run for this user: start it with containerd-rootless-setuptool.sh install, or run syscall-gate itself with sudo',
  },
  {
    said: /cannot connect to the docker daemon|failed to connect to the docker api|cannot access containerd socket|unable to connect to podman/i,
    means: () => 'its daemon is not running: start it, as with sudo systemctl start docker',
  },
  {
    said: /pull access denied|requested access to the resource is denied|unauthorized: |authentication required/i,
    means: () =>
      'the registry has no such image or does not give it to this user: check the name, or log in to the registry first',
  },
  {
    said: /toomanyrequests|pull rate limit/i,
    means: () => 'the registry allows no more pulls for now: log in to it, or wait',
  },
  {
    said: /no matching manifest for ([\w/]+)|no image found in (?:image index|manifest list) for architecture ([\w/]+)/i,
    means: ([, docker, podman]) =>
      `the registry does not have the image for ${docker ?? podman}: build it for that platform, or measure on a machine for which the registry has the image`,
  },
  {
    said: /short-name "([^"]*)" did not resolve/i,
    means: ([, name]) =>
      `there is no image "${name}" here, and its registry is not known: build it first, or give its full name, such as docker.io/library/${name}`,
  },
  {
    said: /manifest unknown|manifest for \S+ not found|name unknown|repository \S+ not found/i,
    means: () => 'the registry has no such image or tag: check the name',
  },
  {
    said: /image not known|no such image/i,
    means: () => 'there is no such image here: build it or pull it first',
  },
  {
    said: /invalid reference format|repository name must be lowercase|invalid image reference/i,
    means: () =>
      'the name of the image is malformed: give NAME, NAME:TAG or NAME@sha256:DIGEST, in lower case and without a space before the colon',
  },
  {
    said: /(?:registry|dial tcp)\b.*(no such host|connection refused|i\/o timeout|network is unreachable|TLS handshake timeout|server misbehaving)/i,
    means: ([, why]) =>
      `the image is not on this machine, and its registry cannot be reached (${why}): build or load it first`,
  },
  {
    said: /unknown or invalid runtime name: (\S+?)\.?(?:\s|$)/i,
    means: ([, name]) =>
      `the daemon does not know the runtime "${name}": add it to "runtimes" in /etc/docker/daemon.json and restart the daemon`,
  },
  {
    said: /OCI runtime "([^"]*)" not found|no valid executable found for OCI runtime ([^\s:]+)/i,
    means: ([, name, other]) =>
      `the engine does not find the runtime "${name ?? other}": install it, or give its path`,
  },
  {
    said: /opening seccomp profile.*?open ([^:]*): (no such file or directory|permission denied)/i,
    means: ([, path, why]) =>
      why === 'permission denied'
        ? `the seccomp profile ${path} may not be read by this user`
        : `there is no seccomp profile ${path}: a relative path starts at the folder that syscall-gate was started in`,
  },
  {
    said: /decoding seccomp profile failed: (.*)/i,
    means: ([, why = '']) =>
      `the seccomp profile is not one JSON object as engines read it (${cut(why)}): correct the file`,
  },
  {
    said: /(?:string )?(\S+) is not a valid (action|operator|architecture|syscall) for seccomp/i,
    means: ([, value, what]) =>
      `the seccomp profile has "${value}" where a valid ${what} should be: correct the file`,
  },
  {
    said: /unknown (?:shorthand )?flag: (.*)/i,
    means: ([, flag = '']) => `its run command has no option ${cut(flag)}: see its run --help`,
  },
  {
    said: /invalid argument "?(.*?)"? for "?(-[^":]*)"? flag: (.*)/i,
    means: ([, value = '', flag, why = '']) =>
      `option ${flag} does not take "${cut(value)}" (${cut(why)})`,
  },
  {
    said: /unable to find user ([^\s:]+)/i,
    means: ([, user]) =>
      `the image has no user "${user}": give --user a number, or a name from the image's /etc/passwd`,
  },
  {
    said: /error setting rlimits?\b|setrlimit `?RLIMIT_/i,
    means: () =>
      'the engine asks for higher limits than this machine allows: set lower ones, such as --ulimit nofile=20000:20000 --ulimit nproc=1000:1000',
  },
  {
    said: /exec format error/i,
    means: () =>
      'the container cannot execute the probe of this machine (exec format error): remove the option that gives it another architecture',
  },
  {
    said: /syscall-gate-probe.*(?:not a directory|is a directory|permission denied)|(?:not a directory|is a directory|permission denied).*syscall-gate-probe/i,
    means: () =>
      'the container cannot execute the probe: run the engine on this machine, where it sees the probe, and let the security module allow it',
  },
  {
    said: /([^\n]+)\n[^\n]*` failed: exit status \d+/,
    means: ([, why = '']) => `the runtime could not start it: ${cut(why)}`,
  },
  {
    said: /OCI runtime (?:error|create failed|start failed): (.*)/i,
    means: ([, why = '']) => `the runtime could not start it: ${cut(why)}`,
  },
];

/**
 * Explains an engine's error output to the user.
 *
 * @param engine name of the engine, for messages that are not known here
 * @param stderr its error output, or the end of it
 * @returns a clause that goes on from "because", without a full stop; undefined if it says nothing
 */
export function explainError(engine: string, stderr: string): string | undefined {
  const text = stderr.replaceAll('\\"', '"');
  for (const { said, means } of KNOWN) {
    const found = said.exec(text);
    if (found) return oneLine(means(found));
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !HINT.test(line));
  const line = lines.findLast((one) => /\berror\b/i.test(one)) ?? lines.at(-1);
  return line === undefined ? undefined : `${engine} says "${cut(line)}"`;
}

const HINT = /^(See|Run) '.*--help'/;

const MAX_QUOTE_CHARACTERS = 300;

const cut = (text: string): string => oneLine(text.trim()).slice(0, MAX_QUOTE_CHARACTERS);
