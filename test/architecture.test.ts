import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';

/** What each top-level folder may import besides itself. Anything not listed is forbidden. */
const ARROWS: Record<string, readonly string[]> = {
  core: [],
  events: ['core'],
  platform: ['core', 'events'],
  usecases: ['core', 'events', 'platform'],
  functions: ['core', 'events', 'platform', 'usecases'],
  server: ['core', 'events', 'platform', 'usecases'],
  'local-runtime': ['core', 'events', 'platform', 'usecases', 'server', 'functions'],
  cli: ['core', 'events', 'platform', 'usecases', 'server', 'local-runtime', 'functions', 'infra'],
  demo: ['core', 'events', 'platform', 'usecases', 'local-runtime', 'cli'],
  layers: [],
  infra: ['core', 'functions', 'layers'],
};

/** What only developers run; these may import anything. */
const DEVELOPMENT = ['scripts', 'bench', 'models'];

/** What the domains of use cases may import of each other. */
const DOMAINS: Record<string, readonly string[]> = {
  registry: [],
  explanations: [],
  serving: ['registry', 'explanations'],
  reports: [],
  validation: ['registry', 'reports'],
  quarantine: ['validation', 'reports'],
  baseline: ['validation'],
  rehearsal: ['validation', 'baseline'],
  drift: ['registry', 'validation', 'reports'],
  quality: ['registry', 'validation', 'baseline'],
  'ground-truth': ['quality'],
  release: ['registry', 'quality', 'ground-truth', 'drift'],
  replay: ['registry', 'quality', 'ground-truth', 'release'],
  simulation: ['registry', 'release', 'ground-truth', 'drift'],
  privacy: ['registry', 'validation', 'quarantine', 'quality', 'ground-truth'],
  tables: ['validation'],
  audit: ['registry', 'privacy', 'validation', 'quarantine', 'quality'],
};

/** What others may read of functions/: what starts a function and how large it is, never what it does. */
const TRIGGERS = /^functions\/(index|function-spec|[a-z-]+\/trigger)\.ts$/;

/** Packages that core may use: schemas, mathematics and bytes, nothing with side effects. */
const PURE_PACKAGES = /^(zod|lossless-json|node:buffer|@stdlib\/.*)$/;

interface Import {
  readonly from: string;
  readonly to: string;
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s*'([^']+)'/g;

/** Every import between files of the project, types included (a bundler would drop those), and of packages. */
function imports(folders: readonly string[]): { files: Import[]; packages: Import[] } {
  const files: Import[] = [];
  const packages: Import[] = [];
  for (const from of globSync(folders.map((name) => `${name}/**/*.ts`))) {
    for (const match of readFileSync(from, 'utf8').matchAll(IMPORT)) {
      const specifier = (match[1] ?? match[2] ?? match[3])!;
      if (specifier.startsWith('.')) files.push({ from, to: path.posix.join(path.posix.dirname(from), specifier) });
      else packages.push({ from, to: specifier });
    }
  }
  return { files, packages };
}

const top = (file: string): string => file.split('/')[0]!;

const forbidden = ({ from, to }: Import): boolean =>
  top(from) !== top(to) && !(ARROWS[top(from)] ?? []).includes(top(to));

const formatImports = (found: readonly Import[]): string[] => found.map(({ from, to }) => `${from} -> ${to}`);

/** Every folder above a file, the root as `''`. */
function foldersOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return ['', ...parts.map((_, i) => parts.slice(0, i + 1).join('/'))];
}

/**
 * Circles among the entries of each folder: its files one by one, each of its sub-folders as a whole. A folder that
 * imports from a sibling which imports from it is a circle even where no two files form one.
 */
function circles(files: readonly Import[]): string[] {
  const found: string[] = [];
  const folders = new Set(files.flatMap(({ from }) => foldersOf(from)));
  for (const folder of folders) {
    const prefix = folder === '' ? '' : `${folder}/`;
    const entry = (file: string): string | undefined =>
      file.startsWith(prefix) ? file.slice(prefix.length).split('/')[0] : undefined;
    const targets = new Map<string, Set<string>>();
    for (const { from, to } of files) {
      const [a, b] = [entry(from), entry(to)];
      if (a === undefined || b === undefined || a === b) continue;
      targets.set(a, (targets.get(a) ?? new Set()).add(b));
    }
    for (const circle of circlesOf(targets)) found.push(`${folder || '.'}: ${circle.join(' -> ')}`);
  }
  return found;
}

/** One circle for each entry that a depth-first search comes back to. */
function circlesOf(targets: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (entry: string, path: readonly string[]): void => {
    const at = path.indexOf(entry);
    if (at >= 0) {
      found.push([...path.slice(at), entry]);
      return;
    }
    if (done.has(entry)) return;
    for (const next of targets.get(entry) ?? []) visit(next, [...path, entry]);
    done.add(entry);
  };
  for (const entry of targets.keys()) visit(entry, []);
  return found;
}

describe('architecture', () => {
  it('lets arrows go one way only', () => {
    const { files } = imports(Object.keys(ARROWS));
    expect(files.length).toBeGreaterThan(1000);
    expect(formatImports(files.filter(forbidden))).toEqual([]);
  });

  it('has no circle of files or of folders, types included', () => {
    expect(circles(imports([...Object.keys(ARROWS), ...DEVELOPMENT, 'test']).files)).toEqual([]);
  });

  it('lets the domains of use cases read only what the table allows', () => {
    const domain = (file: string): string => file.split('/')[1]!;
    const wrong = imports(['usecases']).files.filter(
      ({ from, to }) =>
        top(to) === 'usecases' && domain(from) !== domain(to) && !DOMAINS[domain(from)]?.includes(domain(to)),
    );
    expect(formatImports(wrong)).toEqual([]);
  });

  it('lets others read only the triggers of functions', () => {
    const others = Object.keys(ARROWS).filter((folder) => folder !== 'functions');
    const wrong = imports(others).files.filter(({ to }) => top(to) === 'functions' && !TRIGGERS.test(to));
    expect(formatImports(wrong)).toEqual([]);
  });

  it('keeps in functions/ only what is part of a Lambda function', () => {
    const extra = globSync('functions/*/*.ts').filter((file) => !/\/(trigger|handler)\.ts$/.test(file));
    expect(extra.sort()).toEqual([
      'functions/infer/api-gateway-event.ts',
      'functions/infer/authorize.ts',
      'functions/infer/cache-bytes.ts',
      'functions/infer/origin.ts',
      'functions/infer/zod-jitless.ts',
      'functions/middleware/parse-event.ts',
      'functions/validate/process-message.ts',
    ]);
  });

  it('exports each name from one file only: one word, one meaning', () => {
    const EXPORT =
      /^export (?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type|enum) ([A-Za-z0-9_$]+)/gm;
    const files = new Map<string, Set<string>>();
    for (const file of globSync([...Object.keys(ARROWS), ...DEVELOPMENT].map((name) => `${name}/**/*.ts`)))
      for (const [, name] of readFileSync(file, 'utf8').matchAll(EXPORT))
        files.set(name!, (files.get(name!) ?? new Set()).add(file));
    // What Lambda calls is named `handler` in every function, and what the runner calls `bench` in every bench.
    for (const convention of ['handler', 'bench']) files.delete(convention);
    expect([...files].filter(([, found]) => found.size > 1).map(([name, found]) => [name, ...found])).toEqual([]);
  });

  it('starts the command line without the libraries that hold native code, which are optional', () => {
    const loaded = /(?:^|\n)\s*(?:import|export)\s(?!type\b)[^'";]*?from\s*'([^']+)'|(?:^|\n)import\s*'([^']+)'/g;
    const files = new Set(['cli/main.ts']);
    const native: string[] = [];
    for (const file of files)
      for (const [, from, alone] of readFileSync(file, 'utf8').matchAll(loaded)) {
        const specifier = (from ?? alone)!;
        if (specifier.startsWith('.')) files.add(path.posix.join(path.posix.dirname(file), specifier));
        else if (/^(onnxruntime-node|@duckdb\/)/.test(specifier)) native.push(`${file} -> ${specifier}`);
      }
    expect(files.size).toBeGreaterThan(100);
    expect(native).toEqual([]);
  });

  it('lets cli read only the configuration of infra', () => {
    const { files } = imports(['cli']);
    const read = files.filter(({ from, to }) => top(from) === 'cli' && top(to) === 'infra').map(({ to }) => to);
    expect([...new Set(read)].sort()).toEqual(['infra/config.ts', 'infra/environments.ts']);
  });

  it('keeps core free of the file system, clients and the environment', () => {
    const { packages } = imports(['core']);
    const impure = packages.filter(({ to }) => !PURE_PACKAGES.test(to));
    expect(formatImports(impure)).toEqual([]);
  });

  it('recognises a forbidden import and a circle', () => {
    expect(forbidden({ from: 'core/a.ts', to: 'platform/ports.ts' })).toBe(true);
    expect(forbidden({ from: 'platform/a.ts', to: 'usecases/b/b.ts' })).toBe(true);
    expect(forbidden({ from: 'functions/a.ts', to: 'core/b.ts' })).toBe(false);
    const files = [
      { from: 'core/a/one.ts', to: 'core/b/two.ts' },
      { from: 'core/b/three.ts', to: 'core/a/four.ts' },
    ];
    expect(circles(files)).toEqual(['core: a -> b -> a']);
    expect(circles(files.slice(1))).toEqual([]);
  });
});
