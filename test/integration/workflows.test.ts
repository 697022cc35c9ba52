import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

// The parser is made for bundlers: it imports its schemas without the attribute that Node asks for.
const hook = `export const load = (url, context, next) => next(url, url.endsWith('.json')
  ? { ...context, importAttributes: { type: 'json' } } : context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import(
  '@actions/workflow-parser'
);
const { parseAction } = await import('@actions/workflow-parser/actions/index');

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, '.github', 'workflows');
const trace = new NoOperationTraceWriter();

interface File {
  name: string;
  content: string;
}

interface Job {
  permissions?: unknown;
  'timeout-minutes'?: number;
  steps?: { uses?: string; with?: Record<string, unknown> }[];
}

const workflows: File[] = readdirSync(folder).map((name) => ({
  name,
  content: readFileSync(join(folder, name), 'utf8'),
}));

const shown = join(root, 'examples');
const examples: File[] = readdirSync(shown).map((name) => ({
  name: `examples/${name}`,
  content: readFileSync(join(shown, name), 'utf8'),
}));

const action: File = {
  name: 'action.yml',
  content: readFileSync(join(root, 'action.yml'), 'utf8'),
};
const inputs: Record<string, { description?: string; default?: string }> = parse(
  action.content,
).inputs;

/** The YAML blocks of the documents that are whole workflows. */
const documented: File[] = ['README.md', ...docs()].flatMap((name) =>
  [...read(name).matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)]
    .map(([, content = ''], index) => ({ name: `${name} block ${index + 1}`, content }))
    .filter(({ content }) => /^jobs:/m.test(content)),
);

function docs(): string[] {
  const path = join(root, 'docs');
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name));
}

function read(name: string): string {
  const path = join(root, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

async function complaints(file: File): Promise<string[]> {
  const { context, value } = parseWorkflow(file, trace);
  if (value) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}

const jobsOf = ({ content }: File): [string, Job][] => Object.entries(parse(content).jobs);

const stepsOf = (file: File) => jobsOf(file).flatMap(([, job]) => job.steps ?? []);

describe("GitHub's own parser", () => {
  it('accepts action.yml', () => {
    const { context } = parseAction(action, trace);
    expect(context.errors.getErrors()).toEqual([]);
  });

  it.each([...workflows, ...examples])('accepts $name', async (file) => {
    expect(await complaints(file)).toEqual([]);
  });

  it('accepts every workflow that the documents show', async () => {
    expect(documented).not.toEqual([]);
    for (const file of documented)
      expect([file.name, ...(await complaints(file))]).toEqual([file.name]);
  });

  it('refuses an action with an unknown key, and a broken workflow', async () => {
    const broken = { name: 'action.yml', content: action.content.replace('runs:', 'runs-with:') };
    expect(parseAction(broken, trace).context.errors.getErrors()).not.toEqual([]);
    const [first] = workflows;
    const content = (first as File).content.replace('runs-on:', 'run-on:');
    expect(await complaints({ name: 'broken.yml', content })).not.toEqual([]);
  });
});

describe('action.yml', () => {
  it('has inputs in kebab case, each with a description and a default', () => {
    for (const [name, input] of Object.entries(inputs)) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(input).toMatchObject({ description: expect.any(String), default: expect.any(String) });
    }
  });

  it('knows every input that a workflow gives to it', () => {
    for (const file of [...workflows, ...examples, ...documented]) {
      for (const step of stepsOf(file)) {
        if (step.uses !== './' && !step.uses?.includes('syscall-gate@')) continue;
        for (const name of Object.keys(step.with ?? {})) expect(inputs).toHaveProperty(name);
      }
    }
  });
});

/** What those of others that are shown to users take, where they are given something. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  'actions/checkout': ['fetch-depth', 'persist-credentials', 'ref'],
  'actions/cache/restore': ['path', 'key', 'restore-keys'],
  'actions/cache/save': ['path', 'key'],
  'actions/upload-artifact': ['name', 'path', 'if-no-files-found', 'retention-days'],
};

describe.each(examples)('$name', (file) => {
  it("gives other repositories' actions inputs that they have", () => {
    for (const { uses = '', with: given = {} } of stepsOf(file)) {
      if (uses.includes('syscall-gate@')) continue;
      const known = OTHERS[uses.replace(/@v\d+$/, '')] ?? [];
      expect([uses, ...Object.keys(given).filter((name) => !known.includes(name))]).toEqual([uses]);
    }
  });
});

describe.each(workflows)('$name', (file) => {
  it("pins every other repository's action by commit, and names its version", () => {
    const uses = [...file.content.matchAll(/uses: (\S+)(.*)$/gm)].filter(([, it]) => it !== './');
    for (const [, reference, comment] of uses) {
      expect(reference).toMatch(/@[0-9a-f]{40}$/);
      expect(comment).toMatch(/# v\d+\.\d+\.\d+$/);
    }
  });
});

describe.each([...workflows, ...examples])('$name', (file) => {
  it('gives each job its own permissions and a timeout', () => {
    expect(parse(file.content).permissions).toEqual({});
    for (const [, job] of jobsOf(file)) {
      expect(job.permissions).toBeDefined();
      expect(job['timeout-minutes']).toBeGreaterThan(0);
    }
  });

  it('says why each permission is needed', () => {
    const granted = file.content.matchAll(/^ +[a-z-]+: (?:read|write)\b(.*)$/gm);
    for (const [, reason] of granted) expect(reason).toMatch(/# \S+/);
  });
});
