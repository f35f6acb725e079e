import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sharedCells } from '../core/contract/cells/shared-cells.ts';

const page = readFileSync('docs/cells.md', 'utf8');

describe('the page about cells', () => {
  it('lists cells as the shared table has them', () => {
    const cells = sharedCells();
    const rows = [...page.matchAll(/^\| (integer|float|boolean|string|time) \| (.*) \| (.*) \| (.*) \|$/gm)];
    expect(rows).toHaveLength(5);
    for (const [, type, ...columns] of rows)
      for (const [i, listed] of columns.entries()) {
        const shown = [...listed.matchAll(/`([^`]*)`/g)].map(([, cell]) => cell!.replaceAll('␣', ' '));
        for (const text of shown) {
          const found = cells.find(({ type: own, csv }) => own === type && csv === text);
          const verdict = { value: 'accepted', missing: 'missing' }[found?.verdict ?? ''] ?? 'refused';
          expect(found, `${type} ${text}`).toBeDefined();
          expect(verdict, `${type} ${text}`).toBe(['accepted', 'missing', 'refused'][i]);
        }
      }
  });
});
