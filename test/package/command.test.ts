import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Bom } from '../../scripts/build/sbom.ts';
import { node, tool } from './app.ts';

const app = inject('app');
const installed = path.join(app, 'node_modules', 'trimtab');
const model = path.resolve('models/flight-delay/v1/model.onnx');
const data = path.resolve('models/flight-delay/data/traffic-spring.csv');

/** Where libraries would be kept that are fetched: no test here wants any. */
const cache = path.join(app, 'cache');

/** The command as npx finds it. */
const trimtab = (...args: readonly string[]): string =>
  node(app, ['node_modules/.bin/trimtab', ...args], { TRIMTAB_HOME: 'home', XDG_CACHE_HOME: cache });

describe('what is installed', () => {
  it('brings one dependency along, and no install script', () => {
    const lock = JSON.parse(readFileSync(path.join(app, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean; inBundle?: boolean }>;
    };
    const packages = Object.entries(lock.packages).filter(([, { inBundle }]) => !inBundle);
    const names = packages.map(([name]) => name.replace('node_modules/', '')).filter((name) => name !== '');
    expect(names.filter((name) => !name.startsWith('@aws-cdk/')).sort()).toEqual([
      'aws-cdk-lib',
      'constructs',
      'trimtab',
      'zod',
    ]);
    expect(packages.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  });

  it('holds nothing of this checkout: no sources, no path', () => {
    const files = globSync('**', { cwd: installed, ignore: 'dist/layers/**' });
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => /(?<!\.d)\.[cm]?ts$/.test(file))).toEqual([]);
    const here = process.cwd();
    for (const file of files) expect(readFileSync(path.join(installed, file)).includes(here), file).toBe(false);
  });

  it('has a bill of materials of all that it hands on, in the versions of the lock file', () => {
    const bom = JSON.parse(readFileSync(path.join(installed, 'dist', 'sbom.cdx.json'), 'utf8')) as Bom;
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5' });
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { version: string; integrity?: string }>;
    };
    const locked = new Map(
      Object.entries(packages).map(([place, { version, integrity = '' }]) => [
        `${place.replace(/^.*node_modules\//, '')}@${version}`,
        Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex'),
      ]),
    );
    const refs = bom.components.map((component) => component['bom-ref']);
    for (const { 'bom-ref': ref, hashes } of bom.components)
      expect(hashes, ref).toEqual([{ alg: 'SHA-512', content: locked.get(ref) }]);
    expect(bom.metadata.component).toMatchObject({ name: 'trimtab', version: packages['']!.version });
    expect(new Set(refs).size).toBe(refs.length);
    const names = bom.components.map(({ name }) => String(name));
    // As those whose terms are stated, and the one that is installed beside it.
    const licenses = readFileSync(path.join(installed, 'dist', 'LICENSES.txt'), 'utf8');
    const licensed = [...licenses.matchAll(/^((?:@[\w.-]+\/)?[\w.-]+) \d+\.\d+\.\d+\S*$/gm)].map(([, name]) => name!);
    expect(licensed.length).toBeGreaterThan(20);
    expect(licensed.filter((name) => !names.includes(name))).toEqual([]);
    expect(names).toContain('zod');
    const known = new Set([...refs, bom.metadata.component['bom-ref']]);
    for (const { ref, dependsOn } of bom.dependencies)
      expect([ref, ...dependsOn].filter((each) => !known.has(each))).toEqual([]);
  });

  it('states the terms of everything whose code it hands on', () => {
    const licenses = readFileSync(path.join(installed, 'dist', 'LICENSES.txt'), 'utf8');
    const named = ['@aws-sdk/client-s3', '@middy/core', '@duckdb/node-api', 'onnxruntime-node', 'commander'];
    expect(named.filter((name) => !licenses.includes(`${name} `))).toEqual([]);
  });
});

describe('the trimtab command of the package', () => {
  it('tells its commands, and what is released', () => {
    expect(trimtab('--help')).toContain('register');
    expect(trimtab('status')).toContain('no models yet');
  });

  describe('with the libraries that hold native code', () => {
    const links = ['onnxruntime-node', '@duckdb'].map((name) => path.join(app, 'node_modules', name));
    beforeAll(() => {
      for (const link of links) if (!existsSync(link)) symlinkSync(tool(path.basename(link)), link);
      mkdirSync(path.join(app, 'folders'), { recursive: true });
    });
    afterAll(() => {
      for (const link of links) rmSync(link);
    });

    it('makes a model folder, registers and releases it, and validates a file by its contract', () => {
      trimtab(
        ...['init', '--model', model, '--data', data, '--name', 'my-model', '--id', 'flight_id'],
        ...['--time', 'scheduled', '--label', 'late', '--threshold', '0.35', '--out', 'folders/my-model'],
      );
      expect(trimtab('register', 'folders/my-model')).toContain('my-model 1 registered');
      trimtab('approve', 'my-model', '1');
      trimtab('release', 'my-model', '1');
      expect(trimtab('status')).toContain('champion      1');
      expect(trimtab('validate', data, '--model', 'my-model')).toContain('accepted');
      expect(existsSync(cache)).toBe(false);
    });
  });
});
