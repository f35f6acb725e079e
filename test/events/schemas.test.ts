import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import {
  AlarmStateChange,
  DriftFound,
  DropValidated,
  ObjectCreated,
  PersonNeeded,
  ReleaseChanged,
  Scheduled,
} from '../../events/schemas.ts';
import { transitionOf } from '../../functions/rollback/handler.ts';

const SCHEMAS: Record<string, z.ZodType> = {
  'object-created': ObjectCreated,
  'alarm-state-change': AlarmStateChange,
  scheduled: Scheduled,
  'release-changed': ReleaseChanged,
  'drop-validated': DropValidated,
  'drift-found': DriftFound,
  'person-needed': PersonNeeded,
};
const sample = (name: string) => JSON.parse(readFileSync(`events/samples/${name}.json`, 'utf8'));

/** Paths of all members of an object that the schema names. */
function required(name: string): string[] {
  const all: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    for (const [key, child] of Object.entries(value)) {
      const without = structuredClone(sample(name));
      const at = path === '' ? key : `${path}.${key}`;
      const parent = path === '' ? without : path.split('.').reduce((o, k) => o[k], without);
      delete parent[key];
      if (!SCHEMAS[name]!.safeParse(without).success) all.push(at);
      walk(child, at);
    }
  };
  walk(sample(name), '');
  return all;
}

describe('events', () => {
  it.each(Object.keys(SCHEMAS))('takes a real %s', (name) => {
    expect(SCHEMAS[name]!.safeParse(sample(name)).error).toBeUndefined();
  });

  it('needs what it acts on', () => {
    expect(required('object-created')).toEqual(
      expect.arrayContaining(['detail.object.key', 'detail.bucket.name', 'source']),
    );
    expect(required('alarm-state-change')).toEqual(
      expect.arrayContaining(['detail.alarmName', 'detail.state.value', 'detail.state.timestamp']),
    );
    expect(required('drop-validated')).toHaveLength(10);
  });

  it('refuses members of its own events that it does not know', () => {
    for (const name of ['scheduled', 'release-changed', 'drop-validated', 'drift-found', 'person-needed'])
      expect(SCHEMAS[name]!.safeParse({ ...sample(name), more: 1 }).success).toBe(false);
  });

  it("makes a transition of CloudWatch's event, its time in one form", () => {
    expect(transitionOf(sample('alarm-state-change'), 'dev')).toMatchObject({
      alarm: 'trimtab.dev.flight-delay.challenger.PredictionError',
      model: 'flight-delay',
      from: 'OK',
      to: 'ALARM',
      at: '2026-11-12T09:20:00.123Z',
    });
    const recovered = sample('alarm-state-change');
    recovered.detail.state.value = 'OK';
    expect(transitionOf(recovered, 'dev')).toBeUndefined();
    expect(transitionOf(sample('alarm-state-change'), 'prod')).toBeUndefined();
  });
});
