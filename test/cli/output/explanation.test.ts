import { describe, expect, it } from 'vitest';
import type { ExplanationsView } from '../../../cli/endpoint/explanations-view.ts';
import { formatExplanations } from '../../../cli/output/explanation.ts';

const picture: ExplanationsView = {
  model: 'digits',
  version: 1,
  reason: null,
  permutations: 10,
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
  rows: [
    {
      inputs: {},
      column: 0,
      class: null,
      baseValue: 0.1,
      value: 0.5,
      values: [0.4, 0.2, 0, -0.2],
      standardErrors: [0.01, 0.01, 0, 0.01],
    },
  ],
};

describe('an explanation of a picture', () => {
  it('shows the cells where they are, and the largest by name', () => {
    const [head, row = ''] = formatExplanations(picture).split('row 0: ');
    expect(head).toContain('5 levels that the baseline’s tensors have on average');
    const lines = row.split('\n');
    expect(lines.slice(0, 3)).toEqual(['0.1 → 0.5', '  │+██│+▒▒│', '  │   │-▒▒│']);
    expect(lines.join('\n')).toMatch(/image\[0:4, 0:4\] +\+0\.400/);
  });
});
