import { explain, type GithubClient } from './client.js';
import type { GithubContext } from './context.js';

export const COMMENT_MODES = ['on-regression', 'always', 'never'] as const;
export type CommentMode = (typeof COMMENT_MODES)[number];

const PAGE = 100;
/** Who comments with a job's own token. */
const JOB_LOGIN = 'github-actions[bot]';

export interface StickyComment {
  /** Hidden line in the body by which later runs find the comment again. */
  marker: string;
  /** Markdown, within GitHub's 65,536 characters. */
  body: string;
  mode: CommentMode;
  regressed: boolean;
}

export type CommentOutcome =
  | { did: 'nothing' | 'created' | 'updated'; url?: string }
  | { did: 'failed'; warning: string };

/**
 * Keeps the one comment of this gate on the pull request: created when something regressed (or
 * always, by the mode), updated in place from then on, also when the regression is gone.
 *
 * Comments only report: a failure is a warning for the log and the verdict stays.
 */
export async function keepComment(
  connect: () => Promise<GithubClient>,
  context: GithubContext,
  comment: StickyComment,
): Promise<CommentOutcome> {
  const { pullRequest } = context;
  if (comment.mode === 'never' || pullRequest === undefined) return { did: 'nothing' };
  try {
    return await createOrUpdate(await connect(), context, pullRequest, comment);
  } catch (error) {
    const doing = `keep the comment on pull request #${pullRequest}`;
    return {
      did: 'failed',
      warning: explain(error, { doing, permission: 'pull-requests: write' }),
    };
  }
}

async function createOrUpdate(
  client: GithubClient,
  { owner, name: repo }: GithubContext,
  pullRequest: number,
  { marker, body, mode, regressed }: StickyComment,
): Promise<CommentOutcome> {
  const mine = await findOwn(client, { owner, repo, issue_number: pullRequest }, marker);
  if (mine !== undefined) {
    const place = { owner, repo, comment_id: mine };
    const { data } = await client.rest.issues.updateComment({ ...place, body });
    return { did: 'updated', url: data.html_url };
  }
  if (!regressed && mode !== 'always') return { did: 'nothing' };
  const place = { owner, repo, issue_number: pullRequest };
  const { data } = await client.rest.issues.createComment({ ...place, body });
  return { did: 'created', url: data.html_url };
}

/**
 * Anybody can write the marker into a comment of theirs, and a token that may edit issues may edit
 * those too: only a comment by this token's own identity counts.
 */
async function findOwn(
  client: GithubClient,
  issue: { owner: string; repo: string; issue_number: number },
  marker: string,
): Promise<number | undefined> {
  let self: string | undefined;
  const pages = client.paginate.iterator(client.rest.issues.listComments, {
    ...issue,
    per_page: PAGE,
  });
  for await (const { data } of pages) {
    for (const { id, body, user } of data) {
      if (!body?.includes(marker)) continue;
      self ??= await ownLogin(client);
      if (user?.login === self) return id;
    }
  }
  return undefined;
}

async function ownLogin(client: GithubClient): Promise<string> {
  try {
    const { viewer } = await client.graphql<{ viewer: { login: string } }>(
      'query { viewer { login } }',
      { request: { retries: 1 } },
    );
    return viewer.login;
  } catch {
    return JOB_LOGIN;
  }
}
