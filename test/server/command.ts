import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundled } from './bundled.ts';

const LAUNCHER = `
import { createRequire } from 'node:module';
const { main } = createRequire(import.meta.url)('./trimtab.cjs');
process.exitCode = await main(process.argv.slice(2), { out: console.log, err: console.error, env: process.env });
`;

/** Bundles the command as the package has it. @returns the file that starts it */
export async function bundledCommand(folder: string): Promise<string> {
  await bundled(folder, 'worker', 'server/workers/entry.ts');
  await bundled(folder, 'trimtab', 'cli/main.ts');
  const launcher = path.join(folder, 'launcher.mjs');
  await writeFile(launcher, LAUNCHER);
  return launcher;
}

/** A `trimtab serve` in processes of its own. */
export interface Running {
  readonly url: string;
  /** `host:port`; absent without `--grpc-port`. */
  readonly grpc: string | undefined;
  readonly child: ChildProcess;
  /** Settles with the exit status. */
  readonly ended: Promise<number | null>;
  /** All that it has printed. */
  output(): string;
}

/** Starts it at any free port, and waits until it answers. @throws Error with its output when it ends before */
export async function startServe(launcher: string, args: readonly string[], env = process.env): Promise<Running> {
  const child = spawn(process.execPath, [launcher, 'serve', '--port', '0', ...args], { env });
  let text = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = /serving at (\S+) until/.exec(text);
      if (found) resolve(found[1]!);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    void ended.then((code) => reject(new Error(`the server ended with ${code}: ${text}`)));
  });
  return { url, grpc: /serving gRPC at (\S+)/.exec(text)?.[1], child, ended, output: () => text };
}

/** Processes that one has started, and that live or wait to be reaped. */
export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
