import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathForLogs } from '../../../core/observability/path-for-logs.ts';

const shown = (path: string) => pathForLogs(path, (name) => name === 'flight-delay');

describe('pathForLogs', () => {
  it.each([
    '/v2/models/flight-delay/versions/3/infer',
    '/v1/models/flight-delay:predict',
    '/predictions/flight-delay/2',
    '/invocations',
    '/trimtab/v1/models/flight-delay/truth',
    '/',
  ])('shows what protocols and the registry know: %s', (path) => {
    expect(shown(path)).toBe(path);
  });

  it.each([
    ['/v2/models/jane.doe@example.com/infer', '/v2/models/*/infer'],
    ['/v1/models/4711:predict', '/v1/models/*:predict'],
    ['/customers/4711/v2', '/*/*/v2'],
    ['/v2/models/flight-delay/versions/DE89370400440532013000', '/v2/models/flight-delay/versions/*'],
  ])('hides what is the caller’s own: %s', (path, hidden) => {
    expect(shown(path)).toBe(hidden);
  });

  it('shows no text that it does not know, wherever it stands', () => {
    const secret = fc.stringMatching(/^[A-Z0-9@.]{10,20}$/);
    const around = fc.array(fc.constantFrom('v2', 'models', 'flight-delay', 'versions', '', 'infer'), {
      maxLength: 14,
    });
    fc.assert(
      fc.property(secret, around, around, (word, before, after) => {
        const path = shown(`/${[...before, word, ...after].join('/')}`);
        expect(path).not.toContain(word);
        expect(path.split('/').length).toBeLessThanOrEqual(12);
      }),
    );
  });
});
