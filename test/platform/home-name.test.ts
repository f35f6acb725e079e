import { describe, expect, it } from 'vitest';
import { folderOfHome, parseHomeName } from '../../platform/home-name.ts';

describe('The name of a home', () => {
  it.each([
    ['aws', { kind: 'aws' }],
    ['aws@acme', { kind: 'aws', profile: 'acme' }],
    ['aws:prod', { kind: 'aws', environment: 'prod' }],
    ['aws:prod@ada@acme.org', { kind: 'aws', environment: 'prod', profile: 'ada@acme.org' }],
    ['aws:out/outputs.json', { kind: 'aws', outputs: 'out/outputs.json' }],
    ['aws:outputs.json#prod@acme', { kind: 'aws', outputs: 'outputs.json', environment: 'prod', profile: 'acme' }],
    ['.trimtab', { kind: 'local', folder: '.trimtab' }],
    ['local:aws:prod', { kind: 'local', folder: 'aws:prod' }],
    ['awsome', { kind: 'local', folder: 'awsome' }],
  ])('%s is %o', (name, expected) => {
    expect(parseHomeName(name)).toEqual(expected);
    expect(folderOfHome(name)).toBe('folder' in expected ? expected.folder : undefined);
  });

  it.each(['', 'aws:', 'aws@', 'aws:Prod', 'aws:outputs.json#Prod', 'aws:outputs.json#a#b', 'aws:prod#dev'])(
    '%j is none',
    (name) => expect(() => parseHomeName(name)).toThrow(/^a home is aws, aws:ENVIRONMENT or .*, received /),
  );
});
