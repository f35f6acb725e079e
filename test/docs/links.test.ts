import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { anchors, codeSpans, links, markdownFiles } from './markdown.ts';

const files = markdownFiles();

/** Folders whose files pages name in code spans; such a name is a link that nobody can click. */
const SOURCES =
  /^(bench|bin|cli|containers|core|demo|events|functions|infra|layers|local-runtime|platform|schemas|scripts|server|test|usecases)\/[\w./-]+$/;

describe('files named in Markdown pages', () => {
  it('exist', () => {
    const named = files
      .filter((file) => file !== 'CHANGELOG.md')
      .flatMap((file) => codeSpans(readFileSync(file, 'utf8')).map((span) => ({ file, span })))
      .filter(({ span }) => SOURCES.test(span));
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter(({ span }) => !existsSync(span)).map(({ file, span }) => `${file}: ${span}`)).toEqual([]);
  });
});

describe('links in Markdown files', () => {
  it('lead to files that exist', () => {
    const found = files.flatMap((file) => links(file));
    expect(found.length).toBeGreaterThan(200);
    const broken = found.filter(({ file }) => !existsSync(file)).map(({ from, written }) => `${from}: ${written}`);
    expect(broken).toEqual([]);
  });

  it('lead to headings that exist', () => {
    const toHeadings = files
      .flatMap((file) => links(file))
      .filter(({ file, anchor }) => anchor !== undefined && file.endsWith('.md') && existsSync(file));
    expect(toHeadings.length).toBeGreaterThan(5);
    const broken = toHeadings
      .filter(({ file, anchor }) => !anchors(readFileSync(file, 'utf8')).has(anchor!))
      .map(({ from, written }) => `${from}: ${written}`);
    expect(broken).toEqual([]);
  });

  it('are found where they are links, and anchors as GitHub makes them', () => {
    const page = 'See [a](b.md#c), `[no](code.md)`.\n```md\n[no](block.md)\n```\n[d](https://example.com) [e](#f)';
    expect(links('docs/x.md', page)).toEqual([
      { from: 'docs/x.md', file: 'docs/b.md', anchor: 'c', written: 'b.md#c' },
      { from: 'docs/x.md', file: 'docs/x.md', anchor: 'f', written: '#f' },
    ]);
    expect([...anchors('# A `trimtab` page: 1.5!\n## Again\n## Again\n```sh\n# no heading\n```')]).toEqual([
      'a-trimtab-page-15',
      'again',
      'again-1',
    ]);
  });
});
