import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sbomOf } from '../scripts/build/sbom.ts';

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly link?: true;
  readonly inBundle?: true;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> };
const { '': own, ...others } = packages;

describe('package-lock.json', () => {
  it('has the digest of every package, those for other platforms included', () => {
    const lacking = Object.entries(others)
      .filter(([, { integrity, link, inBundle }]) => !link && !inBundle && !integrity?.startsWith('sha512-'))
      .map(([place]) => place);
    expect(lacking).toEqual([]);
    // What is bundled comes in a package that has one.
    const bundled = Object.keys(others).filter((place) => others[place]!.inBundle);
    const carriers = bundled.map((place) => place.slice(0, place.indexOf('/node_modules/')));
    expect(carriers.filter((place) => others[place]?.integrity === undefined)).toEqual([]);
  });

  it('has every platform’s binary, wherever it was written', () => {
    const absent = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !places(place, name).some((each) => packages[each] !== undefined))
        .map((name) => `${name} of ${place}`),
    );
    expect(absent).toEqual([]);
    expect(own?.version).toBeDefined();
  });
});

/** Where a dependency of a package may be: beside it, or above. */
function places(of: string, name: string): string[] {
  const parts = of === '' ? [] : of.split('/node_modules/');
  return Array.from({ length: parts.length + 1 }, (_, above) =>
    [...parts.slice(0, parts.length - above), ''].join('/node_modules/').replace(/\/?node_modules\/$/, ''),
  ).map((folder) => `${folder === '' ? '' : `${folder}/`}node_modules/${name}`);
}

describe('the bill of materials', () => {
  // What it names is looked at in the package itself: npm run test:package.
  it('is refused where something is handed on that is not locked', () => {
    expect(() => sbomOf(['node_modules/nowhere/index.js'], [])).toThrow('node_modules/nowhere is handed on');
  });
});
