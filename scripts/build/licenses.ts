import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Names of the packages that files of node_modules belong to. */
export function packagesOf(files: readonly string[]): string[] {
  const names = files.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/**
 * What is to be said of packages whose code is handed on inside this one, and on what terms: each text once, with the
 * packages that come under it. Packages that are not installed here (bindings for another processor) come under the
 * text of those that are.
 */
export function licensesOf(packages: readonly string[]): string {
  const byText = new Map<string, string[]>();
  for (const name of packages) {
    const folder = path.join('node_modules', name);
    if (!existsSync(folder)) continue;
    const { version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      version: string;
      license?: string;
    };
    const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    if (license === undefined && file === undefined) throw new Error(`${name}@${version} states no license`);
    const text = file === undefined ? `${license}` : readFileSync(path.join(folder, file), 'utf8').trim();
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`]);
  }
  return [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`).join(`\n${'-'.repeat(80)}\n\n`);
}
