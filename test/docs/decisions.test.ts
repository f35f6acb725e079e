import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const FOLDER = 'docs/decisions';

/** `A/B test, by 1.2` -> `a-b-test-by-1-2`. */
const slug = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

const records = readdirSync(FOLDER)
  .filter((file) => file !== 'README.md')
  .map((file) => {
    const text = readFileSync(`${FOLDER}/${file}`, 'utf8');
    const [, number = '', title = ''] = /^# (\d{4})\. (.+)\n/.exec(text) ?? [];
    const [, status = ''] = /^# .+\n\nStatus: (.+)\n/.exec(text) ?? [];
    return { file, text, number, title, status };
  });

const index = readFileSync(`${FOLDER}/README.md`, 'utf8');

describe('decision records', () => {
  it('carry their subject as title and file name', () => {
    for (const { file, number, title } of records) expect(file).toBe(`${number}-${slug(title)}.md`);
  });

  it('have a number each', () => {
    const numbers = records.map(({ number }) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('have the same headings', () => {
    for (const { file, text } of records) {
      const headings = [...text.matchAll(/^#{2,} (.+)$/gm)].map(([, heading]) => heading);
      expect(headings, file).toEqual(['Context', 'Decision', 'Consequences']);
    }
  });

  it('are in the index, once, with title and status', () => {
    const rows = [...index.matchAll(/^\| (\d{4}) \| \[(.+)\]\((.+?)\) \| .+ \| (.+) \|$/gm)].map(
      ([, number, title, file, status]) => ({ file, number, title, status }),
    );
    const expected = records.map(({ file, number, title, status }) => ({ file, number, title, status }));
    const byNumber = (a: { number?: string }, b: { number?: string }): number => Number(a.number) - Number(b.number);
    expect(rows.sort(byNumber)).toEqual(expected.sort(byNumber));
  });

  it.each([
    ['superseded by', 'supersedes'],
    ['amended by', 'amends'],
  ])('are %s a record that says so, too', (passive, active) => {
    const changed = records.filter(({ status }) => status.includes(passive));
    expect(changed.length).toBeGreaterThan(0);
    for (const { file, number, status } of changed) {
      const by = status.slice(status.indexOf(passive)).match(/\[(\d{4})\]/)?.[1];
      expect(records.find((record) => record.number === by)?.status, file).toContain(`${active} [${number}](${file})`);
    }
  });
});
