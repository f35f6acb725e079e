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
    ...shown.map(({ path, before, after }) => `${path}: ${valueText(before)} → ${valueText(after)}`),
    ...(more > 0 ? [`and ${more} more, which --json has`] : []),
  ];
}

const valueText = (value: ContentChange['before']): string =>
  value === null ? 'absent' : shortened(JSON.stringify(value), WIDTH);
