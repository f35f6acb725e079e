import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Capture } from '../../core/captures/capture.ts';

const page = readFileSync('docs/captures.md', 'utf8');

describe('docs/captures.md', () => {
  it('has a row for every field of a capture, and for no other', () => {
    const table = page.slice(page.indexOf('| field |'), page.indexOf('\n\nOf several classes'));
    const rows = [...table.matchAll(/^\| (`.+?`) \| /gm)].flatMap(([, names]) =>
      [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
    );
    expect(rows.sort()).toEqual(Object.keys(Capture.shape).sort());
  });

  it('shows a line that is one', () => {
    const [, line] = /```json\n([\s\S]+?)\n```/.exec(page)!;
    expect(Capture.parse(JSON.parse(line!)).rows).toBe(2);
  });
});
