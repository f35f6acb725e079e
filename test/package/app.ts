import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The examples of a page that say so, one after the other. */
export function examplesOf(page: string): string {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/<!-- run by test\/package -->\n```ts\n([\s\S]*?)```/g)];
  if (blocks.length === 0) throw new Error(`${page} has no example that says it is run`);
  return blocks.map(([, code]) => code).join('\n');
}

/** Runs a Node program in the app, with nothing of this checkout in the environment. */
export function node(app: string, args: readonly string[], env: Record<string, string> = {}): string {
  const { PATH = '', HOME = '' } = process.env;
  return execFileSync(process.execPath, args, {
    cwd: app,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME, ...env },
  });
}

/** A tool of this checkout: the app itself installs nothing but the package and the CDK. */
export const tool = (...parts: readonly string[]): string => path.resolve('node_modules', ...parts);
