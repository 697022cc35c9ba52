import { downloadArtifact, type StoredArtifact, UnusableError } from '../github/artifacts.js';
import { explain, type GithubClient } from '../github/client.js';
import type { GithubContext } from '../github/context.js';
import { unzipTexts } from '../github/unzip.js';
import { RUN_SUFFIX } from '../record/file.js';
import { MAX_RUN_BYTES, parseRun, type Run } from '../record/run.js';

/** The action stores one record, or the two of a shard. A much larger archive is not its own. */
const ZIP_LIMITS = { entries: 4, inflatedBytes: MAX_RUN_BYTES, ratio: 200 };

/** The GitHub API right that reading artifacts needs. */
export const PERMISSION = 'actions: read';

/** Where run records may be, and which records belong there. */
interface RecordArtifact {
  /** For people: "the shard syscall-gate-shard-1". */
  what: string;
  find: () => Promise<StoredArtifact | undefined>;
  /** Why a record does not belong there, one clause. Such a record was moved or edited. */
  mismatchOf: (run: Run) => string | undefined;
}

export type ArtifactRead =
  | { outcome: 'read'; runs: Run[] }
  | { outcome: 'unusable'; sentence: string }
  | { outcome: 'expired' | 'absent' };

/** Downloads an artifact and reads the run records in it. Whatever is wrong with it is a sentence. */
export async function readRecords(
  client: GithubClient,
  context: GithubContext,
  { what, find, mismatchOf }: RecordArtifact,
): Promise<ArtifactRead> {
  try {
    const artifact = await find();
    if (artifact === undefined) return { outcome: 'absent' };
    if (artifact.expired) return { outcome: 'expired' };
    const zip = await downloadArtifact(client, context, artifact);
    const files = await unzipTexts(zip, RUN_SUFFIX, ZIP_LIMITS);
    if (!files.ok) throw new UnusableError(files.reason);
    return { outcome: 'read', runs: files.texts.map((text) => readRecord(text, mismatchOf)) };
  } catch (error) {
    const sentence =
      error instanceof UnusableError
        ? passedOver(what, error.message)
        : explain(error, { doing: `download ${what}`, permission: PERMISSION });
    return { outcome: 'unusable', sentence };
  }
}

export const passedOver = (what: string, why: string): string => `Passed over ${what}: ${why}.`;

function readRecord(text: string, mismatchOf: RecordArtifact['mismatchOf']): Run {
  const parse = parseRun(text);
  if (!parse.ok) throw new UnusableError(parse.reason);
  const mismatch = mismatchOf(parse.run);
  if (mismatch !== undefined) throw new UnusableError(mismatch);
  return parse.run;
}
