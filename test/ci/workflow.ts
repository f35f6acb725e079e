import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

export interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Job {
  readonly if?: string;
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': boolean };
  readonly 'timeout-minutes'?: number;
  readonly with?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

export interface Workflow {
  readonly file: string;
  readonly text: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = '.github/workflows';

/** All workflows, as GitHub reads them. */
export const workflows: readonly Workflow[] = readdirSync(FOLDER).map((name) => {
  const file = path.join(FOLDER, name);
  const text = readFileSync(file, 'utf8');
  return { file, text, ...(parse(text) as Omit<Workflow, 'file' | 'text'>) };
});

/** @throws Error when there is none of that name */
export function workflow(name: string): Workflow {
  const found = workflows.find(({ file }) => file === path.join(FOLDER, `${name}.yml`));
  if (!found) throw new Error(`no workflow ${name}, there are: ${workflows.map(({ file }) => file).join(', ')}`);
  return found;
}

/** Every job of every workflow, with its name for messages. */
export const jobs = workflows.flatMap(({ file, jobs }) =>
  Object.entries(jobs).map(([name, job]) => [`${path.basename(file, '.yml')}/${name}`, job] as const),
);

/** Every step, likewise. */
export const steps = jobs.flatMap(([name, { steps = [] }]) => steps.map((step) => [name, step] as const));
