import type { ContentChange } from '../../core/registry/content-changes.ts';
import { shortened } from './wrapped.ts';

/** Changes that are shown one by one; the JSON has all. */
const MOST = 30;
const WIDTH = 60;

/** What differs between two versions, a line each: the value before, and after. */
export function changeLines(changes: readonly ContentChange[]): string[] {
  const shown = changes.slice(0, MOST);
  const more = changes.length - shown.length;
  return [
    ...shown.map(
      (change) => `${change.path}: ${valueText(change, change.before)} → ${valueText(change, change.after)}`,
    ),
    ...(more > 0 ? [`and ${more} more, which --json has`] : []),
  ];
}

function valueText({ path }: ContentChange, value: ContentChange['before']): string {
  if (value === null) return 'absent';
  // Of a file, its digest.
  return FILES.has(path) && typeof value === 'string'
    ? `${value.slice(0, 12)}…`
    : shortened(JSON.stringify(value), WIDTH);
}

const FILES: ReadonlySet<string> = new Set(['model.onnx', 'baseline.json', 'MODEL_CARD.md']);
