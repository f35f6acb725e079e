import { expect, it } from 'vitest';
import { LostDigitsError, parseDocument } from '../../../../core/protocols/formats/document.ts';

it.each([
  [
    '{"a": [{"max": 9007199254740993}]}',
    /^a\.0\.max: 9007199254740993 is beyond 2\^53.*become 9007199254740992.*"9007199254740993"/,
  ],
  ['[-9223372036854775807]', /^0: -9223372036854775807/],
  ['[9.007199254740993e15]', /^0: 9\.007199254740993e15/],
  ['[1000000000000000000001]', /^0: 1000000000000000000001/],
])('refuses a number that would become another, by its place: %s', (text, message) => {
  expect(() => parseDocument(text)).toThrow(LostDigitsError);
  expect(() => parseDocument(text)).toThrow(message);
});

it.each([
  '["9007199254740993"]',
  '[9007199254740992, 1e300, 1e21, 1000000000000000000000, 0.30000000000000004, 1e400]',
])('takes any other as JSON.parse does: %s', (text) => expect(parseDocument(text)).toEqual(JSON.parse(text)));

it('says of what is no JSON what JSON.parse says', () => {
  expect(() => parseDocument('{"a": 1234567890123456')).toThrow(SyntaxError);
});
