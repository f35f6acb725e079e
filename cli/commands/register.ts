import path from 'node:path';
import type { Command as Program } from 'commander';
import type { Contract } from '../../core/contract/contract.ts';
import { remarksOf } from '../../core/onnx/servable.ts';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { withOptionalExamined } from '../optional-dependencies.ts';

/** Registers a model folder as a version. */
export function addRegister(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('register <folder>')
    .description('register a model folder as a version')
    .action((folder: string) =>
      withHome(io, options(), async (_, registry) => {
        const { version, existed, remarks } = await withOptionalExamined(
          path.join(folder, MODEL_FILES.model),
          async ({ signature, inspection, file }) => {
            const done = await registry.register(folder, signature, file);
            return { ...done, remarks: remarksOf(inspection, done.version.signature, done.version.manifest.contract) };
          },
        );
        print(io, options(), { existed, remarks, ...version }, () =>
          [
            `${version.model} ${version.version} ${existed ? 'was registered before' : 'registered'}`,
            `  sha256    ${version.artifact.digest}`,
            `  inputs    ${version.signature.inputs.map(({ name, type }) => `${name}:${type}`).join(' ')}`,
            `  outputs   ${version.signature.outputs.map(({ name, type }) => `${name}:${type}`).join(' ')}`,
            `  contract  ${contractText(version.manifest.contract)}`,
            `  baseline  ${version.baseline ? version.baseline.digest.slice(0, 12) : 'none: drift cannot be looked for'}`,
            ...remarks.map((remark) => `  note      ${remark}`),
          ].join('\n'),
        );
      }),
    );
}

const contractText = ({ features, tensors }: Contract): string =>
  `${features.length} features${tensors.length > 0 ? `, ${tensors.length} whole tensors` : ''}`;
