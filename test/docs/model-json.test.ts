import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { modelSchema } from '../../scripts/docs/json-schemas.ts';
import { MODEL_JSON_PAGE, modelJsonPage } from '../../scripts/docs/model-json-page.ts';

/** Paths of properties, those of alternatives and of elements included, that do not say what they are. */
function* undescribed(node: unknown, path: string): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'properties')
      for (const [name, property] of Object.entries<{ description?: string }>(value)) {
        if (!/^\S.*\.$/.test(property.description ?? '')) yield `${path}.${name}`;
        yield* undescribed(property, `${path}.${name}`);
      }
    else yield* undescribed(value, Array.isArray(node) ? path : `${path}/${key}`);
  }
}

describe('the reference of model.json', () => {
  it('finds a property that does not say what it is, wherever it is', () => {
    const schema = {
      anyOf: [{ type: 'string' }, { properties: { a: { items: { properties: { b: {} } }, description: 'A.' } } }],
    };
    expect([...undescribed(schema, '')]).toEqual(['/anyOf.a/items.b']);
  });

  it('has a sentence for every property', () => {
    expect([...undescribed(JSON.parse(modelSchema()), '')]).toEqual([]);
  });

  it('is what the schema says', () => {
    expect(readFileSync(MODEL_JSON_PAGE, 'utf8'), 'npm run generate').toBe(modelJsonPage());
  });
});
