import type { components } from '@octokit/openapi-types';

/** Answers of the fake. The compiler checks them against GitHub's OpenAPI description. */
export type Schemas = components['schemas'];

export interface RunState {
  id: number;
  event: string;
  branch: string;
  /** "owner/name" of the repository that has the branch; for a fork, the fork's. */
  headRepository: string;
  /** File name of the workflow. */
  workflow: string;
}

export interface ArtifactState {
  id: number;
  runId: number;
  name: string;
  zip: Buffer;
  expired: boolean;
  /** Days until it expires; 90 if undefined, as by GitHub's default. */
  daysLeft?: number;
}

export interface CommentState {
  id: number;
  issue: number;
  login: string;
  body: string;
}

const AT = '2026-01-05T12:00:00Z';

function user(login: string): Schemas['simple-user'] {
  const url = `https://api.github.com/users/${login}`;
  return {
    login,
    id: idOf(login),
    node_id: 'U_1',
    avatar_url: '',
    gravatar_id: '',
    url,
    html_url: `https://github.com/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    site_admin: false,
  };
}

function repository(fullName: string): Schemas['minimal-repository'] {
  const [owner = '', name = ''] = fullName.split('/');
  const url = `https://api.github.com/repos/${fullName}`;
  return {
    id: idOf(fullName),
    node_id: 'R_1',
    name,
    full_name: fullName,
    owner: user(owner),
    private: false,
    html_url: `https://github.com/${fullName}`,
    description: null,
    fork: false,
    url,
    archive_url: `${url}/{archive_format}{/ref}`,
    assignees_url: `${url}/assignees{/user}`,
    blobs_url: `${url}/git/blobs{/sha}`,
    branches_url: `${url}/branches{/branch}`,
    collaborators_url: `${url}/collaborators{/collaborator}`,
    comments_url: `${url}/comments{/number}`,
    commits_url: `${url}/commits{/sha}`,
    compare_url: `${url}/compare/{base}...{head}`,
    contents_url: `${url}/contents/{+path}`,
    contributors_url: `${url}/contributors`,
    deployments_url: `${url}/deployments`,
    downloads_url: `${url}/downloads`,
    events_url: `${url}/events`,
    forks_url: `${url}/forks`,
    git_commits_url: `${url}/git/commits{/sha}`,
    git_refs_url: `${url}/git/refs{/sha}`,
    git_tags_url: `${url}/git/tags{/sha}`,
    hooks_url: `${url}/hooks`,
    issue_comment_url: `${url}/issues/comments{/number}`,
    issue_events_url: `${url}/issues/events{/number}`,
    issues_url: `${url}/issues{/number}`,
    keys_url: `${url}/keys{/key_id}`,
    labels_url: `${url}/labels{/name}`,
    languages_url: `${url}/languages`,
    merges_url: `${url}/merges`,
    milestones_url: `${url}/milestones{/number}`,
    notifications_url: `${url}/notifications{?since,all,participating}`,
    pulls_url: `${url}/pulls{/number}`,
    releases_url: `${url}/releases{/id}`,
    stargazers_url: `${url}/stargazers`,
    statuses_url: `${url}/statuses/{sha}`,
    subscribers_url: `${url}/subscribers`,
    subscription_url: `${url}/subscription`,
    tags_url: `${url}/tags`,
    teams_url: `${url}/teams`,
    trees_url: `${url}/git/trees{/sha}`,
  };
}

export function workflowRun(run: RunState, home: string): Schemas['workflow-run'] {
  const url = `https://api.github.com/repos/${home}/actions/runs/${run.id}`;
  const workflowId = idOf(run.workflow);
  return {
    id: run.id,
    node_id: 'WFR_1',
    name: 'gate',
    display_title: 'gate',
    head_branch: run.branch,
    head_sha: sha(run.id),
    path: `.github/workflows/${run.workflow}`,
    run_number: run.id,
    event: run.event,
    status: 'completed',
    conclusion: 'success',
    workflow_id: workflowId,
    url,
    html_url: `https://github.com/${home}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: AT,
    updated_at: AT,
    run_attempt: 1,
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${url}/check-suite`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    workflow_url: `https://api.github.com/repos/${home}/actions/workflows/${workflowId}`,
    head_commit: null,
    repository: repository(home),
    head_repository: repository(run.headRepository),
  };
}

const DAY_MS = 24 * 60 * 60 * 1000;

const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

export function artifact(
  state: ArtifactState,
  run: RunState | undefined,
  home: string,
): Schemas['artifact'] {
  const url = `https://api.github.com/repos/${home}/actions/artifacts/${state.id}`;
  return {
    id: state.id,
    node_id: 'A_1',
    name: state.name,
    size_in_bytes: state.zip.length,
    url,
    archive_download_url: `${url}/zip`,
    expired: state.expired,
    created_at: AT,
    updated_at: AT,
    expires_at: inDays(state.daysLeft ?? 90),
    workflow_run: run
      ? {
          id: run.id,
          repository_id: idOf(home),
          head_repository_id: idOf(run.headRepository),
          head_branch: run.branch,
          head_sha: sha(run.id),
        }
      : null,
  };
}

export function issueComment(state: CommentState, home: string): Schemas['issue-comment'] {
  return {
    id: state.id,
    node_id: 'IC_1',
    url: `https://api.github.com/repos/${home}/issues/comments/${state.id}`,
    html_url: `https://github.com/${home}/pull/${state.issue}#issuecomment-${state.id}`,
    body: state.body,
    user: user(state.login),
    created_at: AT,
    updated_at: AT,
    issue_url: `https://api.github.com/repos/${home}/issues/${state.issue}`,
    author_association: 'NONE',
  };
}

export const basicError = (message: string, status: number): Schemas['basic-error'] => ({
  message,
  documentation_url: 'https://docs.github.com/rest',
  status: String(status),
});

/** Gives the same text the same number, as ids need. */
const idOf = (text: string): number =>
  [...text].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 1e9, 7);

const sha = (runId: number): string => runId.toString(16).padStart(40, '0');
