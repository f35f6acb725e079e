import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeParse } from '../../../core/errors/safe-parse.ts';
import { ScenarioPathError, withValues } from '../../../core/simulation/places.ts';
import { Scenario } from '../../../core/simulation/scenario.ts';

const CONTENT = {
  traffic: { rate: 3, segments: { night: 0.5 }, bursts: [{ at: 0, outcome: 'right' }] },
  versions: [{ name: 'champion' }, { name: 'canary', failures: [{ from: 0, value: 0.1 }] }],
};

/** Paths that nearly lead somewhere. */
const PATHS = fc
  .array(
    fc.constantFrom(
      ...['versions', 'traffic', 'everywhere', 'model', 'rate', 'segments', 'night', 'bursts', 'failures', 'errors'],
      ...['name', 'canary', 'champion', 'latency', 'medianMs', 'value', 'at', 'requests', 'length', 'note', 'seeds'],
      ...['0', '1', '2', '01', '-1', '1.0', ' 1', '', '__proto__', 'constructor', 'prototype', 'toString'],
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join('.'));

const parsedWith = (path: string, value: unknown): Scenario | undefined => {
  try {
    return safeParse(Scenario, withValues(CONTENT, [[path, value]])).data;
  } catch (error) {
    if (error instanceof ScenarioPathError) return undefined;
    throw error;
  }
};

describe('withValues', () => {
  it('takes versions by place and by name', () => {
    for (const place of ['1', 'canary'])
      expect(parsedWith(`versions.${place}.failures`, 0.25)?.versions[1]).toEqual({ name: 'canary', failures: 0.25 });
    expect(Scenario.parse(withValues({}, [['versions.canary.failures', 0.25]])).versions[1]?.failures).toBe(0.25);
  });

  it('ignores no value: every path that is accepted changes the scenario', () => {
    const before = Scenario.parse(CONTENT);
    let accepted = 0;
    fc.assert(
      fc.property(PATHS, fc.constantFrom<unknown>(0.125, 7, 'champion', 'other'), (path, value) => {
        const after = parsedWith(path, value);
        if (after === undefined) return;
        // What is there already changes nothing.
        if (path.split('.').at(-1) === 'name' && value === 'champion') return;
        accepted++;
        expect(after, `${path}=${value}`).not.toEqual(before);
      }),
      {
        numRuns: 5_000,
        examples: [
          ['versions.canary.failures', 0.125],
          ['everywhere.failures.length.toString.versions', 0.125],
        ],
      },
    );
    expect(accepted).toBeGreaterThan(10);
  });

  it.each([
    [
      'versions.cnary.failures',
      /leads to cnary of a list; allowed are: its places, 0 to 2, and its names, champion, can/,
    ],
    ['versions.01.failures', /leads to 01 of a list/],
    ['versions.-1.name', /leads to -1 of a list/],
    ['versions.3.name', /leads to 3 of a list/],
    ['versions.canary.name.x', /leads through name, which is "canary"/],
    ['__proto__.polluted', /__proto__ is no name of a field/],
    ['traffic.__proto__.rate', /__proto__ is no name of a field/],
  ])('refuses %s', (path, message) => {
    expect(() => withValues(CONTENT, [[path, 1]])).toThrow(message);
    expect({}).not.toHaveProperty('polluted');
  });

  it.each([
    ['traffic.rate', 'traffic.rate'],
    ['versions.canary.failures', 'versions.1.failures'],
    ['traffic.rate', 'traffic'],
    ['traffic', 'traffic.rate'],
  ])('refuses values of which one would hide the other: %s and %s', (one, other) => {
    const values = [one, other].map((path) => [path, path === 'traffic' ? { rate: 2 } : 1] as const);
    expect(() => withValues(CONTENT, values)).toThrow(/leads to the same place as .*: one would hide the other/);
  });
});
