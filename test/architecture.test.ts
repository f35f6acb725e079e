import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';

/** What each room may import, besides itself. Anything not listed is forbidden. */
const ARROWS: Record<string, readonly string[]> = {
  core: [],
  events: ['core'],
  platform: ['core', 'events'],
  functions: ['core', 'events', 'platform'],
  server: ['core', 'events', 'platform', 'functions'],
  stage: ['core', 'events', 'platform', 'functions', 'server'],
  cli: ['core', 'events', 'platform', 'functions', 'server', 'stage', 'infra'],
  layers: [],
  infra: ['core', 'functions', 'layers'],
};

/** Packages that core may use: schemas and mathematics, nothing that touches the world. */
const PURE_PACKAGES = /^(zod|lossless-json|@stdlib\/.*)$/;

interface Import {
  readonly from: string;
  readonly to: string;
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s*'([^']+)'/g;

/** Every import between files of the project, types included (a bundler would drop those), and of packages. */
function imports(rooms: readonly string[]): { files: Import[]; packages: Import[] } {
  const files: Import[] = [];
  const packages: Import[] = [];
  for (const from of globSync(rooms.map((name) => `${name}/**/*.ts`))) {
    for (const match of readFileSync(from, 'utf8').matchAll(IMPORT)) {
      const specifier = (match[1] ?? match[2] ?? match[3])!;
      if (specifier.startsWith('.')) files.push({ from, to: path.posix.join(path.posix.dirname(from), specifier) });
      else packages.push({ from, to: specifier });
    }
  }
  return { files, packages };
}

const room = (file: string): string => file.split('/')[0]!;

const forbidden = ({ from, to }: Import): boolean =>
  room(from) !== room(to) && !(ARROWS[room(from)] ?? []).includes(room(to));

describe('architecture', () => {
  it('lets arrows go one way only', () => {
    const { files } = imports(Object.keys(ARROWS));
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter(forbidden).map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('lets infra read only the triggers of functions', () => {
    const { files } = imports(['infra']);
    const wrong = files.filter(
      ({ from, to }) => room(from) === 'infra' && room(to) === 'functions' && !/trigger\.ts$/.test(path.basename(to)),
    );
    expect(wrong).toEqual([]);
  });

  it('lets cli read only the configuration of infra', () => {
    const { files } = imports(['cli']);
    const read = files.filter(({ from, to }) => room(from) === 'cli' && room(to) === 'infra').map(({ to }) => to);
    expect([...new Set(read)].sort()).toEqual(['infra/config.ts', 'infra/environments.ts']);
  });

  it('keeps core free of the file system, clients and the environment', () => {
    const { packages } = imports(['core']);
    const impure = packages.filter(({ to }) => !PURE_PACKAGES.test(to));
    expect(impure.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('recognises a forbidden import', () => {
    expect(forbidden({ from: 'core/a.ts', to: 'platform/ports.ts' })).toBe(true);
    expect(forbidden({ from: 'platform/a.ts', to: 'functions/b.ts' })).toBe(true);
    expect(forbidden({ from: 'functions/a.ts', to: 'core/b.ts' })).toBe(false);
  });
});
