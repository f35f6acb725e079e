import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const CDK = path.resolve('node_modules/aws-cdk/bin/cdk');
/** Lines of a failed command that are shown. */
const SHOWN = 40;

/**
 * Runs the CDK's command line, as a user would.
 *
 * @returns all that it printed
 * @throws Error with the end of it, when the command fails
 */
export async function cdk(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const child = spawn(process.execPath, [CDK, ...args], {
    env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true', NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const text = Buffer.concat(chunks).toString('utf8');
  if (status !== 0)
    throw new Error(`cdk ${args.join(' ')} ended with ${status}:\n${text.split('\n').slice(-SHOWN).join('\n')}`);
  return text;
}

/** What the emulator's evaluator does not know: statements with this condition would match nothing. */
const UNKNOWN_CONDITION = /\n +Condition:\n +StringEquals:\n +aws:ResourceAccount:\n +- Fn::Sub: \$\{AWS::AccountId\}/g;

/** Bootstraps account and region with the CDK's own template, less a condition that the emulator does not know. */
export async function bootstrap(environment: string, assembly: string): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-bootstrap-'));
  try {
    const shown = await cdk(['bootstrap', '--show-template', '--app', assembly]);
    const template = shown.slice(shown.indexOf('Description:'));
    const file = path.join(folder, 'bootstrap.yaml');
    const known = template.replaceAll(UNKNOWN_CONDITION, '');
    if (known === template)
      throw new Error('the bootstrap template has no aws:ResourceAccount any more: the gap is gone');
    writeFileSync(file, known);
    await cdk(['bootstrap', environment, '--template', file, '--app', assembly]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Deploys stacks of an assembly. @returns the stacks' outputs */
export async function deploy(
  assembly: string,
  stacks: readonly string[],
): Promise<Record<string, Record<string, string>>> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-outputs-'));
  try {
    const file = path.join(folder, 'outputs.json');
    const how = ['--app', assembly, '--require-approval', 'never', '--progress', 'events', '--outputs-file', file];
    await cdk(['deploy', ...stacks, ...how]);
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
