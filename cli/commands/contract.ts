import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command as Program } from 'commander';
import type { ModelVersion } from '../../core/registry/version.ts';
import { MODEL_FILES, readManifest } from '../../platform/model-folder.ts';
import { type ContractDiffView, contractDiff } from '../../usecases/registry/contract-diff.ts';
import type { Registry } from '../../usecases/registry/registry.ts';
import { parseVersionNumber } from '../arguments.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { UsageError } from '../errors.ts';
import { changeLines } from '../output/changes.ts';

/** Looks at data contracts. */
export function addContract(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('contract')
    .description('data contracts of model folders and of versions')
    .command('diff <a> <b>')
    .description('what differs between two contracts, value by value: of folders, or of versions such as flights@2')
    .action((a: string, b: string) =>
      withHome(io, options(), async (_, registry) => {
        const [before, after] = [await manifestOf(registry, a), await manifestOf(registry, b)];
        print(io, options(), contractDiff({ name: a, manifest: before }, { name: b, manifest: after }), formatDiff);
      }),
    );
}

/** @throws UsageError for what is neither a folder nor a version */
async function manifestOf(registry: Registry, text: string): Promise<ModelVersion['manifest']> {
  const folder = path.join(text, MODEL_FILES.manifest);
  if (existsSync(folder)) return readManifest(folder);
  const [, model, version] = /^([a-z0-9-]+)@(.+)$/.exec(text) ?? [];
  if (model === undefined || version === undefined)
    throw new UsageError(
      `'${text}' is no model folder (there is no ${folder}), nor a version, which is written MODEL@N, such as flights@2`,
    );
  return (await registry.version(model, parseVersionNumber(version))).manifest;
}

const formatDiff = ({ a, b, changes }: ContractDiffView): string =>
  changes.length === 0
    ? `the contracts of ${a} and ${b} are the same`
    : [
        `from ${a} to ${b}, ${changes.length} ${changes.length === 1 ? 'value differs' : 'values differ'}:`,
        ...changeLines(changes).map((line) => `  ${line}`),
      ].join('\n');
