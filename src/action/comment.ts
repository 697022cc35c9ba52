import { explain, type GithubClient } from '../github/client.js';
import type { GithubContext } from '../github/context.js';
import { hiddenLine, isNewer, type Memory, recall } from './comment-memory.js';

export const COMMENT_MODES = ['on-regression', 'always', 'never'] as const;
export type CommentMode = (typeof COMMENT_MODES)[number];

const PAGE = 100;
/** The author of comments that are made with a job's own token. */
const JOB_LOGIN = 'github-actions[bot]';

/** What a run found, as far as creating and updating the comment depend on it. */
export type Finding = 'regressed' | 'undecided' | 'clear' | 'not-measured';

export interface StickyComment {
  /** Hidden line at the top of the body, by which later runs find the comment. */
  marker: string;
  mode: CommentMode;
  finding: Finding;
  /**
   * Renders the comment as Markdown: at most GitHub's 65,536 characters, less 500 for hidden lines.
   *
   * @param wasRegressed whether the comment reports a regression that no later run has shown to be
   *   gone
   */
  render: (wasRegressed: boolean) => string;
}

type CommentOutcome =
  | { did: 'nothing' }
  | { did: 'created' | 'updated' | 'left to a newer run'; url: string }
  | { did: 'failed'; warning: string };

/**
 * Keeps one comment of this gate on the pull request. It is created when something regressed, or
 * always if the mode says so. From then on it is updated in place, also when the regression is gone
 * or the newest commit could not be measured. What a newer run wrote is never overwritten.
 *
 * The comment only reports: if it fails, the log gets a warning and the verdict does not change.
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
  context: GithubContext,
  pullRequest: number,
  comment: StickyComment,
): Promise<CommentOutcome> {
  const repository = { owner: context.owner, repo: context.name };
  const issue = { ...repository, issue_number: pullRequest };
  const mine = await findOwn(client, issue, comment.marker);
  if (mine === undefined) {
    if (!mayCreate(comment)) return { did: 'nothing' };
    const body = bodyOf(context, comment, false);
    const { data } = await client.rest.issues.createComment({ ...issue, body });
    return { did: 'created', url: data.html_url };
  }
  const earlier = recall(mine.body);
  if (earlier && isNewer(earlier, context)) return { did: 'left to a newer run', url: mine.url };
  const body = bodyOf(context, comment, earlier?.regressed ?? false);
  const place = { ...repository, comment_id: mine.id };
  const { data } = await client.rest.issues.updateComment({ ...place, body });
  return { did: 'updated', url: data.html_url };
}

const mayCreate = ({ mode, finding }: StickyComment): boolean =>
  finding === 'regressed' || (mode === 'always' && finding !== 'not-measured');

function bodyOf(
  { runId, runAttempt }: GithubContext,
  { marker, finding, render }: StickyComment,
  wasRegressed: boolean,
): string {
  const regressed = finding === 'regressed' || (wasRegressed && finding !== 'clear');
  const memory: Memory = { runId, runAttempt, regressed };
  return `${marker}\n${hiddenLine(memory)}\n${render(wasRegressed)}`;
}

interface OwnComment {
  id: number;
  url: string;
  body: string;
}

/**
 * Finds this gate's comment. Anybody can write the marker into their own comment, and people who
 * may edit issues can edit comments too. So only a comment by this token's own identity counts.
 * Other comments of that identity may quote the marker, but do not begin with it.
 */
async function findOwn(
  client: GithubClient,
  issue: { owner: string; repo: string; issue_number: number },
  marker: string,
): Promise<OwnComment | undefined> {
  let self: string | undefined;
  const pages = client.paginate.iterator(client.rest.issues.listComments, {
    ...issue,
    per_page: PAGE,
  });
  for await (const { data } of pages) {
    for (const { id, html_url: url, body, user } of data) {
      if (!body?.startsWith(marker)) continue;
      self ??= await ownLogin(client);
      if (user?.login === self) return { id, url, body };
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
