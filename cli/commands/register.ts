import path from 'node:path';
import type { Command as Program } from 'commander';
import type { Contract } from '../../core/contract/contract.ts';
import { MODEL_FILES } from '../../platform/model-folder.ts';
import { workerEntry } from '../../platform/onnx/worker/worker-entry.ts';
import { registerModel } from '../../usecases/registry/register-model.ts';
import type { RegistrationView } from '../../usecases/registry/registration-view.ts';
import { type GlobalOptions, type Io, print, withHome } from '../context.ts';
import { withOptionalExamined } from '../optional-dependencies.ts';
import { besideLines } from '../output/beside.ts';

/** Registers a model folder as a version. */
export function addRegister(program: Program, io: Io, options: () => GlobalOptions): void {
  program
    .command('register <folder>')
    .description('register a model folder as a version')
    .action((folder: string) =>
      withHome(io, options(), async (home, registry) => {
        const entry = workerEntry();
        const { sideBySide } = await import('../../usecases/replay/side-by-side.ts');
        const view = await withOptionalExamined(path.join(folder, MODEL_FILES.model), (examined) =>
          registerModel(registry, folder, examined, (version) => sideBySide(home, version, { entry })),
        );
        print(io, options(), view, formatRegistration);
      }),
    );
}

const formatRegistration = (view: RegistrationView): string =>
  [
    `${view.model} ${view.version} ${view.existed ? 'was registered before' : 'registered'}`,
    `  sha256    ${view.artifact.digest}`,
    `  inputs    ${view.signature.inputs.map(({ name, type }) => `${name}:${type}`).join(' ')}`,
    `  outputs   ${view.signature.outputs.map(({ name, type }) => `${name}:${type}`).join(' ')}`,
    `  contract  ${contractText(view.manifest.contract)}`,
    `  baseline  ${view.baseline ? view.baseline.digest.slice(0, 12) : 'none: drift cannot be looked for'}`,
    ...besideLines(view.beside),
    ...view.remarks.map((remark) => `  note      ${remark}`),
  ].join('\n');

const contractText = ({ features, tensors }: Contract): string =>
  `${features.length} features${tensors.length > 0 ? `, ${tensors.length} whole tensors` : ''}`;
