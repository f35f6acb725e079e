import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import type { FunctionSpec } from '../../functions/function-spec.ts';
import { buildLayer, LAYERS } from '../../layers/build.ts';
import { buildFunctions, compileFunctions } from '../../scripts/build/functions.ts';
import { type EnvironmentOptions, ExecutionEnvironment } from './environment.ts';

/** What is uploaded, unpacked: a folder for each function, and one for each set of layers. */
export interface Packages {
  /** Where a function's code and its layers are. */
  folders(spec: FunctionSpec): { readonly task: string; readonly opt: string };
  /** An environment of a function as it is deployed. */
  open(
    spec: FunctionSpec,
    variables: Readonly<Record<string, string>>,
    changes?: Partial<EnvironmentOptions>,
  ): Promise<ExecutionEnvironment>;
  remove(): void;
}

/** Builds all functions, and unpacks the layers for this processor. */
export async function buildPackages(): Promise<Packages> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-packages-'));
  // Lambda's user has to see them.
  chmodSync(folder, 0o755);
  const functions = path.join(folder, 'functions');
  await buildFunctions(functions);
  await compileFunctions(functions);
  const folders: Packages['folders'] = (spec) => ({
    task: path.join(functions, spec.name),
    opt: unpackLayers(folder, spec.layers),
  });
  return {
    folders,
    open: async (spec, variables, changes = {}) =>
      ExecutionEnvironment.open({
        name: spec.name,
        ...folders(spec),
        memoryMb: spec.memoryMb,
        timeoutSeconds: spec.timeoutSeconds,
        temporaryMb: spec.temporaryMb,
        variables: { ORT_DISABLE_TELEMETRY: '1', ...variables },
        ...changes,
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The folder that becomes /opt; layers are laid over each other in their order. */
function unpackLayers(folder: string, names: FunctionSpec['layers']): string {
  const target = path.join(folder, 'opt', names.join('+') || 'none');
  if (mkdirSync(target, { recursive: true }) === undefined) return target;
  for (const layer of LAYERS.filter(({ name }) => names.includes(name))) {
    const { file } = buildLayer(layer, 'x64', 'dist/layers');
    for (const [name, content] of Object.entries(unzipSync(readFileSync(file)))) {
      const to = path.join(target, name);
      mkdirSync(path.dirname(to), { recursive: true });
      writeFileSync(to, content);
    }
  }
  return target;
}

/** A folder with one function of a few lines, for what only such a function does. */
export function writeFunction(source: string): { readonly task: string; readonly opt: string; remove(): void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-function-'));
  const [task, opt] = [path.join(folder, 'task'), path.join(folder, 'opt')];
  for (const each of [task, opt]) mkdirSync(each);
  writeFileSync(path.join(task, 'index.js'), source);
  writeFileSync(path.join(task, 'package.json'), '{"type":"commonjs"}');
  return { task, opt, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
