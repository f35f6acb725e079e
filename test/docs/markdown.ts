import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';

/** Folders that builds and runs write to; they are not part of the repository. */
const WRITTEN = ['**/node_modules/**', 'dist/**', 'cdk.out/**', 'coverage/**'];

/** Every Markdown file of the repository. */
export const markdownFiles = (): string[] => globSync('**/*.md', { ignore: WRITTEN }).sort();

/** A page without its code blocks, where brackets are no links and `#` begins no heading. */
const prose = (text: string): string => text.replaceAll(/^( *)(```|~~~)[\s\S]*?^\1\2 *$/gm, '');

/** What stands between backticks, code blocks left out. */
export const codeSpans = (text: string): string[] => [...prose(text).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);

export interface Link {
  readonly from: string;
  /** Path from the root of the repository. */
  readonly file: string;
  readonly anchor: string | undefined;
  readonly written: string;
}

/** The links of a page that lead to files of the repository, or to a place in the page itself. */
export function links(from: string, text = readFileSync(from, 'utf8')): Link[] {
  const withoutCode = prose(text).replaceAll(/`[^`\n]*`/g, '');
  return [...withoutCode.matchAll(/\]\(<?([^)>\s]+)>?(?: "[^"]*")?\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/i.test(target))
    .map((target) => {
      const [relative = '', anchor] = target.split('#');
      const file = relative === '' ? from : path.posix.join(path.posix.dirname(from), relative);
      return { from, file, anchor, written: target };
    });
}

/** The anchors that GitHub gives to the headings of a page: the same heading again gets `-1`, `-2`. */
export function anchors(text: string): Set<string> {
  const seen = new Map<string, number>();
  const found = new Set<string>();
  for (const [, heading] of prose(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const plain = heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/<[^>]*>/g, '');
    const base = plain
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(base) ?? 0;
    seen.set(base, count + 1);
    found.add(count === 0 ? base : `${base}-${count}`);
  }
  for (const [, id] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) found.add(id!);
  return found;
}
