import { readFileSync } from 'node:fs';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { links } from './markdown.ts';

/** As `wc -w` counts, code blocks and tables included. */
const words = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length;

describe('README.md', () => {
  it('is read in a few minutes: fewer than 1,000 words, the rest is in docs/', () => {
    expect(words(readFileSync('README.md', 'utf8'))).toBeLessThan(1_000);
  });
});

describe('docs/README.md', () => {
  it('leads to every page of the documentation', () => {
    const pages = globSync(['docs/*.md', 'docs/*/README.md']).filter((page) => page !== 'docs/README.md');
    expect(pages.length).toBeGreaterThan(20);
    const linked = links('docs/README.md').map(({ file }) => file);
    expect(pages.filter((page) => !linked.includes(page))).toEqual([]);
  });
});
