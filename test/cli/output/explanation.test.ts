import { describe, expect, it } from 'vitest';
import { explainedRow, explanationHead } from '../../../cli/output/explanation.ts';
import type { Explanation } from '../../../core/explain/explanation.ts';

const picture: Explanation = {
  method: 'sampled',
  output: 'scores',
  column: 0,
  scale: 'output',
  link: 'identity',
  background: 'levels',
  backgroundRows: 5,
  complete: true,
  features: ['image[0:4, 0:4]', 'image[0:4, 4:8]', 'image[4:8, 0:4]', 'image[4:8, 4:8]'],
  fixed: [],
  grid: {
    input: 'image',
    axes: [1, 2],
    edges: [
      [0, 4, 8],
      [0, 4, 8],
    ],
  },
  rows: [{ baseValue: 0.1, value: 0.5, values: [0.4, 0.2, 0, -0.2], standardErrors: [0.01, 0.01, 0, 0.01] }],
};

describe('an explanation of a picture', () => {
  it('shows the cells where they are, and the largest by name', () => {
    expect(explanationHead(picture)).toContain('5 levels that the baseline’s tensors have on average');
    const lines = explainedRow(picture, picture.rows[0]!, {}).split('\n');
    expect(lines.slice(0, 3)).toEqual(['0.1 → 0.5', '  │+██│+▒▒│', '  │   │-▒▒│']);
    expect(lines.join('\n')).toMatch(/image\[0:4, 0:4\] +\+0\.400/);
  });
});
