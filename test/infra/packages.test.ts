import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../functions/index.ts';
import { addTrimtab } from '../../infra/add-trimtab.ts';
import { DeploymentConfig } from '../../infra/config.ts';
import { buildLayer, LAYERS, LayerError } from '../../layers/build.ts';
import { buildLayers } from '../../scripts/build/functions.ts';
import { LAMBDA_RUNTIME } from '../lambda/runtime.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** What Lambda takes at most, function and layers together, unpacked. */
const LAMBDA_BYTES = 250 * 1024 * 1024;
/** How CloudFormation and the head of a Linux binary (e_machine) name a processor. */
const PROCESSORS = { x64: { name: 'x86_64', machine: 62 }, arm64: { name: 'arm64', machine: 183 } } as const;

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
  >;
}

/** A function as it is uploaded: its own files, and those of its layers. */
interface Uploaded {
  readonly id: string;
  readonly architectures: unknown;
  readonly runtime: unknown;
  readonly code: Files;
  readonly layers: readonly { readonly architectures: unknown; readonly runtimes: unknown; readonly files: Files }[];
}
type Files = Readonly<Record<string, Uint8Array>>;

describe.each(['x64', 'arm64'] as const)('what is uploaded for %s', (architecture) => {
  const folder = temporaryFolder('uploaded');
  const { name, machine } = PROCESSORS[architecture];
  const uploaded: Uploaded[] = [];

  beforeAll(async () => {
    await buildLayers(architecture);
    const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
    const app = new App({ outdir: path.join(folder, 'cdk.out'), context });
    addTrimtab(app, DeploymentConfig.parse({ architecture }));
    for (const { template } of app.synth().stacks) {
      const { Resources } = template as Template;
      for (const [id, { Type, Properties }] of Object.entries(Resources)) {
        if (Type !== 'AWS::Lambda::Function') continue;
        const { Architectures, Runtime, Code, Layers = [] } = Properties;
        const layers = (Layers as { Ref: string }[]).map(({ Ref }) => Resources[Ref]!.Properties);
        uploaded.push({
          id,
          architectures: Architectures,
          runtime: Runtime,
          code: asset(Code),
          layers: layers.map(({ CompatibleArchitectures, CompatibleRuntimes, Content }) => ({
            architectures: CompatibleArchitectures,
            runtimes: CompatibleRuntimes,
            files: asset(Content),
          })),
        });
      }
    }
  }, 300_000);

  /** Files of what a template refers to by its key in the bucket of assets. */
  function asset(reference: unknown): Files {
    const found = path.join(folder, 'cdk.out', `asset.${(reference as { S3Key: string }).S3Key}`);
    if (existsSync(found)) return unzipSync(readFileSync(found));
    const unpacked = found.replace(/\.zip$/, '');
    const names = readdirSync(unpacked, { recursive: true, encoding: 'utf8' });
    return Object.fromEntries(
      names
        .filter((file) => statSync(path.join(unpacked, file)).isFile())
        .map((file) => [file, readFileSync(path.join(unpacked, file))]),
    );
  }

  it('is all functions, each for the processor of its layers and of every binary in them', () => {
    expect(uploaded).toHaveLength(FUNCTIONS.length);
    let binaries = 0;
    for (const { id, architectures, code, layers } of uploaded) {
      expect(architectures, id).toEqual([name]);
      for (const layer of layers) expect(layer.architectures, id).toEqual([name]);
      for (const [file, content] of [code, ...layers.map(({ files }) => files)].flatMap(Object.entries)) {
        if (!isBinary(content)) continue;
        binaries++;
        expect(Buffer.from(content).readUInt16LE(18), `${id}: ${file}`).toBe(machine);
      }
    }
    // The binding and the library of ONNX Runtime, and those of DuckDB.
    expect(binaries).toBeGreaterThanOrEqual(4);
  });

  it('has the runtime whose Node the functions are tried on', () => {
    for (const { id, runtime, layers } of uploaded) {
      expect(runtime, id).toBe(LAMBDA_RUNTIME);
      for (const layer of layers) expect(layer.runtimes, id).toEqual([LAMBDA_RUNTIME]);
    }
  });

  it('fits into Lambda, unpacked: each function together with its layers', () => {
    const bytes = (files: Files) => Object.values(files).reduce((sum, { length }) => sum + length, 0);
    for (const { id, code, layers } of uploaded) {
      const whole = [code, ...layers.map(({ files }) => files)].reduce((sum, files) => sum + bytes(files), 0);
      expect(whole, id).toBeGreaterThan(100_000);
      expect(whole, id).toBeLessThan(LAMBDA_BYTES);
    }
  });
});

const isBinary = (content: Uint8Array): boolean => Buffer.from(content.subarray(0, 4)).toString('latin1') === '\x7fELF';

describe('a layer', () => {
  const folder = temporaryFolder('layers');

  it('is the same every time it is built, and within its budget', () => {
    for (const layer of LAYERS) {
      const again = buildLayer(layer, 'x64', path.join(folder, 'again'), { fresh: true });
      const built = buildLayer(layer, 'x64', 'dist/layers');
      expect(again.sha256).toBe(built.sha256);
      expect(built.bytes).toBeLessThanOrEqual(layer.budgetMb * 1e6);
    }
  }, 240_000);

  it('is not built beyond its budget', () => {
    const greedy = { ...LAYERS[0]!, budgetMb: 1 };
    expect(() => buildLayer(greedy, 'x64', path.join(folder, 'over'), { fresh: true })).toThrow(LayerError);
  });
});
