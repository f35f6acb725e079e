import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { locateNative } from '../../../platform/packages/native-library.ts';
import { NATIVE_LIBRARIES } from '../../../platform/packages/native-packages.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>;
}

describe('the libraries with native code that the package fetches', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
  const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const pinned = NATIVE_LIBRARIES.flatMap((library) => library.platforms.flatMap((each) => library.packages(each)));

  it('are those of the lock file, digest by digest', () => {
    expect(pinned.length).toBeGreaterThan(20);
    for (const { name, version, integrity } of pinned)
      expect({ name, version, integrity }).toEqual({
        name,
        version: packages[`node_modules/${name}`]!.version,
        integrity: packages[`node_modules/${name}`]!.integrity,
      });
  });

  it('are those that are asked for as peers', () => {
    for (const { name, packages } of NATIVE_LIBRARIES)
      expect(packages('linux-x64')[0]).toMatchObject({ name, version: peerDependencies[name] });
  });
});

describe('a library with native code', () => {
  const [onnxruntime] = NATIVE_LIBRARIES;
  const folder = temporaryFolder('native');
  const install = (name: string, version: string): void => {
    const to = path.join(folder, 'node_modules', name);
    mkdirSync(to, { recursive: true });
    writeFileSync(path.join(to, 'package.json'), JSON.stringify({ name, version, exports: './index.cjs' }));
  };
  const beside = path.join(folder, 'node_modules', 'trimtab', 'index.cjs');
  // A file is in the place of the cache: what would be fetched fails at once.
  const cache = path.join(folder, 'file', 'cache');
  const announced: string[] = [];
  const locate = (): string => locateNative(onnxruntime!, { beside, cache, announce: (text) => announced.push(text) });

  it('is taken where it is installed in the very version, all its packages with it', () => {
    mkdirSync(path.dirname(beside), { recursive: true });
    writeFileSync(path.join(folder, 'file'), '');
    const { version } = onnxruntime!.packages('linux-x64')[0]!;
    install('onnxruntime-node', version);
    expect(locate).toThrow('(onnxruntime-common is not there)');
    install('onnxruntime-common', version);
    expect(locate()).toBe(beside);
    expect(announced).toEqual([]);
  });

  it('is not taken in another version, which is said with the command that installs the right one', () => {
    install('onnxruntime-node', '1.27.0');
    expect(locate).toThrow('is not installed beside trimtab (onnxruntime-node is 1.27.0); it cannot be kept: ENOTDIR');
    expect(locate).toThrow(`npm install --no-save --ignore-scripts --prefix "${folder}" onnxruntime-node@1.25.1`);
  });

  it('is refused for machines that it is not built for', () => {
    expect(() =>
      locateNative({ ...onnxruntime!, platforms: ['aix-ppc64'] }, { beside, cache, announce: String }),
    ).toThrow(/which is not built for \w+-\w+, only for aix-ppc64/);
  });
});
