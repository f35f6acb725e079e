import { describe, expect, it } from 'vitest';
import { modelOf, ProtocolError } from '../../../core/protocols/protocol.ts';
import { catalog } from './protocol-models.ts';

describe('modelOf', () => {
  const serving = (...models: string[]) => ({ ...catalog, models: () => models });

  it('takes the name asked for before the default, and the default before the only model', () => {
    expect(modelOf({ ...serving('a'), defaultModel: 'b' }, 'c')).toBe('c');
    expect(modelOf({ ...serving('a'), defaultModel: 'b' }, undefined)).toBe('b');
    expect(modelOf(serving('a'), undefined)).toBe('a');
  });

  it('says which models there are when a request without a name could mean several, or none', () => {
    expect(() => modelOf(serving('a', 'b'), undefined)).toThrow(
      expect.objectContaining({ status: 400, message: expect.stringContaining('one of a, b') }),
    );
    expect(() => modelOf(serving(), undefined)).toThrow(
      expect.objectContaining({ status: 404, kind: 'unknown-model' }),
    );
  });
});

describe('ProtocolError', () => {
  it.each([
    [400, 'bad-input'],
    [404, 'unknown-path'],
    [405, 'not-allowed'],
    [413, 'too-large'],
    [415, 'unsupported-media'],
    [422, 'bad-input'],
    [429, 'too-many'],
    [500, 'internal'],
    [501, 'unsupported'],
    [502, 'internal'],
    [503, 'not-ready'],
  ])('%d is of the kind %s unless it is said otherwise', (status, kind) => {
    expect(new ProtocolError(status, '').kind).toBe(kind);
    expect(new ProtocolError(status, '', { kind: 'unknown-version' }).kind).toBe('unknown-version');
  });
});
