import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { workflow } from './workflow.ts';

/** What an action of a step does here, given its inputs. */
export type Action = (inputs: Readonly<Record<string, string>>) => void;

/** What GitHub gives a job. */
export interface JobMachine {
  /** Working directory, which a checkout is in. */
  readonly workspace: string;
  /** Values of expressions, such as `inputs.environment`, but for outputs of the job's own steps. */
  readonly expressions: Readonly<Record<string, string>>;
  /** Actions by name, without version. */
  readonly actions: Readonly<Record<string, Action>>;
  readonly env: Readonly<Record<string, string>>;
  /** Further variables of one command. */
  readonly envOf?: (command: string) => Readonly<Record<string, string>> | undefined;
  /** Called after each step with a command. */
  readonly afterRun?: (command: string) => void;
  /** A variable that a step has set for those after it. */
  readonly exported?: (value: string) => string;
}

/**
 * Runs a job of a workflow step by step: each command as it stands, in the shell that GitHub runs it in, with the files
 * for outputs, variables and summary.
 *
 * @returns what was printed, and the summary
 * @throws Error with what was printed, when a step fails; or when an action or an expression is not known
 */
export async function runJob(
  file: string,
  name: string,
  machine: JobMachine,
): Promise<{ said: string; summary: string; outputs: Record<string, string> }> {
  const job = workflow(file).jobs[name]!;
  const files = Object.fromEntries(
    ['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY'].map((variable) => {
      const at = path.join(machine.workspace, `.${file}-${name}-${variable}`);
      writeFileSync(at, '');
      return [variable, at];
    }),
  );
  const outputs: Record<string, string> = {};
  const value = (text: string): string =>
    text.replaceAll(/\$\{\{ ([^}]+) \}\}/g, (_, expression: string) => {
      const known = outputs[expression] ?? machine.expressions[expression];
      if (known === undefined) throw new Error(`${file}/${name} asks for ${expression}, which is not known here`);
      return known;
    });
  const values = (all: Readonly<Record<string, unknown>> = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(all).map(([key, each]) => [key, value(String(each))]));
  let env: Record<string, string> = { ...machine.env, ...files, ...values(job.env) };
  let said = '';
  for (const { id, uses, run, with: inputs, env: own } of job.steps!) {
    if (uses !== undefined) {
      const action = machine.actions[uses.split('@')[0]!];
      if (!action) throw new Error(`${file}/${name} uses ${uses}, which is not known here`);
      action(values(inputs));
      continue;
    }
    const { status, text } = await bash(run!, machine.workspace, {
      ...env,
      ...values(own),
      ...machine.envOf?.(run!),
    });
    said += text;
    if (status !== 0) throw new Error(`${file}/${name}: ${run} ended with ${status}:\n${text.slice(-4_000)}`);
    machine.afterRun?.(run!);
    for (const [key, each] of readVariables(files.GITHUB_OUTPUT!)) outputs[`steps.${id}.outputs.${key}`] = each;
    writeFileSync(files.GITHUB_OUTPUT!, '');
    for (const [key, each] of readVariables(files.GITHUB_ENV!))
      env = { ...env, [key]: machine.exported?.(each) ?? each };
  }
  return { said, summary: readFileSync(files.GITHUB_STEP_SUMMARY!, 'utf8'), outputs };
}

/** Puts a program into a folder: written in JavaScript, with what it knows. */
export function placeProgram(folder: string, name: string, program: string, known: object): void {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, name);
  writeFileSync(file, `#!${process.execPath}\nconst known = ${JSON.stringify(known)};\n${program}`);
  chmodSync(file, 0o755);
}

/** Runs a script as GitHub does where a workflow says `shell: bash`. */
export async function bash(
  script: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<{ status: number | null; text: string }> {
  const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, text: Buffer.concat(chunks).toString('utf8') };
}

/** The lines `name=value` of a file that steps append to. */
const readVariables = (file: string): (readonly [string, string])[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const at = line.indexOf('=');
      if (at < 1) throw new Error(`a line of outputs is name=value, received ${line}`);
      return [line.slice(0, at), line.slice(at + 1)] as const;
    });
