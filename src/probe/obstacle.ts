import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Injection, injectionArgument } from '../record/injection.js';
import { oneLine } from './lines.js';

/**
 * Asks the probe whether a regression can be injected here.
 *
 * @returns one clause that says why not, or undefined if it can
 */
export async function injectionObstacle(
  probe: string,
  injection: Injection,
): Promise<string | undefined> {
  try {
    await promisify(execFile)(probe, ['--list', injectionArgument(injection)], { timeout: 10_000 });
    return undefined;
  } catch (error) {
    return refusal(error instanceof Error ? error : new Error(String(error)));
  }
}

/** What the probe said, or the signal that ended it: some filters kill instead of refusing. */
function refusal(error: Error & { stderr?: unknown; signal?: unknown }): string {
  const said = String(error.stderr ?? '').trim();
  const last = oneLine(said.split('\n').at(-1) ?? '').replace(/^probe: |\.$/g, '');
  if (last !== '') return last;
  return error.signal ? `the probe was ended by ${error.signal}` : oneLine(error.message);
}
