import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Adwin } from '../../../core/drift/streams/adwin.ts';
import { Ddm } from '../../../core/drift/streams/ddm.ts';
import type { StreamDetector } from '../../../core/drift/streams/detector.ts';
import { HddmA } from '../../../core/drift/streams/hddm-a.ts';
import { PageHinkley } from '../../../core/drift/streams/page-hinkley.ts';

const { streams } = JSON.parse(readFileSync('test/core/drift/oracles.json', 'utf8')) as {
  streams: { expected: Record<string, { first_warning?: number; drift: number }> };
};
/** The index, or indices, of the oracle; its notes are for people. */
function answer(name: string): object {
  const { first_warning, drift } = streams.expected[name]!;
  return { ...(first_warning === undefined ? {} : { first_warning }), drift };
}

const stream = Array.from({ length: 2_000 }, (_, i) => ((i < 1_000 ? i % 10 === 0 : i % 2 === 0) ? 1 : 0));

/** Index of the first warning and of the first drift. */
function watch(detector: StreamDetector): { first_warning?: number; drift?: number } {
  const seen: { first_warning?: number; drift?: number } = {};
  for (const [i, value] of stream.entries()) {
    const state = detector.add(value);
    if (state === 'warning') seen.first_warning ??= i;
    if (state === 'drift') return { ...seen, drift: i };
  }
  return seen;
}

describe('stream detectors, on the published stream', () => {
  it.each([
    ['DDM', new Ddm()],
    ['HDDM_A', new HddmA()],
    ['PageHinkley', new PageHinkley()],
    ['ADWIN', new Adwin()],
  ])('%s', (name, detector) => {
    expect(watch(detector)).toMatchObject(answer(name));
  });

  it.each([
    ['DDM', () => new Ddm()],
    ['HDDM_A', () => new HddmA()],
    ['PageHinkley', () => new PageHinkley()],
    ['ADWIN', () => new Adwin()],
  ])('%s stays stable on a stream that does not change', (_, make) => {
    const detector = make();
    for (let i = 0; i < 5_000; i++) expect(detector.add(i % 10 === 0 ? 1 : 0)).toBe('stable');
  });
});
