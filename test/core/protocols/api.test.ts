import { describe, expect, it } from 'vitest';
import { api } from '../../../core/protocols/api.ts';
import type { Catalog, Operation } from '../../../core/protocols/protocol.ts';
import { catalog, head } from './protocol-models.ts';

const asked = (from: Catalog) => {
  const operation = api.resolve(head('GET', '/openapi.json'), from) as Extract<Operation, { kind: 'describe' }>;
  return operation.describe(from);
};

describe('The OpenAPI document', () => {
  it('is made once for what is served, however often it is asked for', async () => {
    expect(await asked(catalog)).toBe(await asked({ ...catalog }));
  });

  it('is another after a release, a reload and for a caller who may use less, and the former is kept', async () => {
    const whole = await asked(catalog);
    const [champion, challenger] = catalog.versions('m')!;
    const others: Catalog[] = [
      { ...catalog, versions: () => [champion!] },
      { ...catalog, versions: () => [{ ...champion!, protocolModel: { ...champion!.protocolModel } }, challenger!] },
      { ...catalog, models: () => ['empty'] },
      { ...catalog, defaultModel: 'm' },
    ];
    for (const other of others) expect(await asked(other)).not.toBe(whole);
    expect(JSON.stringify(await asked(others[2]!))).not.toContain('/models/m/');
    expect(await asked(catalog)).toBe(whole);
  });
});
