import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
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

/**
 * Type-checks files that lie in a folder of the app, in strict mode.
 *
 * @param files sources by file name
 * @returns what the compiler prints; nothing when all is well
 */
export function typeCheck(
  app: string,
  files: Readonly<Record<string, string>>,
  options: Readonly<Record<string, unknown>> = {},
): string {
  const folder = mkdtempSync(path.join(app, 'types-'));
  for (const [file, source] of Object.entries(files)) writeFileSync(path.join(folder, file), source);
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'es2022',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: ['node'],
        typeRoots: [tool('@types')],
        ...options,
      },
      files: Object.keys(files),
    }),
  );
  try {
    return node(folder, [tool('typescript', 'bin', 'tsc'), '--project', '.']);
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
