import path from 'node:path';
import type { Contract } from '../core/contract/contract.ts';
import { needsKeys, type PrivacyKeys } from '../core/contract/personal.ts';
import type { Manifest } from '../core/manifest/manifest.ts';
import { modelContract } from '../core/manifest/model-contract.ts';
import type { Baseline } from '../core/profile/profile.ts';
import { MODEL_FILES, readModelFolder } from '../platform/model-folder.ts';
import { baselineOf } from '../usecases/registry/load-baseline.ts';
import { type GlobalOptions, type Io, withHome } from './context.ts';
import { UsageError } from './errors.ts';
import { withOptionalExamined } from './optional-dependencies.ts';

/** What a data file is held against. */
export interface LoadedContract {
  readonly manifest: Manifest;
  /** Its contract, whose features know the inputs that they go to. */
  readonly contract: Contract;
  readonly baseline?: Baseline;
  /** Those of the home, where the contract needs them. */
  readonly keys?: PrivacyKeys;
}

/**
 * The contract of a model folder, or of a registered model: its champion's, else its latest version's.
 *
 * @throws UsageError when neither is named
 */
export async function loadModelContract(
  own: { contract?: string | undefined; model?: string | undefined },
  io: Io,
  options: GlobalOptions,
): Promise<LoadedContract> {
  if (own.contract !== undefined) {
    const folder = own.contract.endsWith(MODEL_FILES.manifest) ? path.dirname(own.contract) : own.contract;
    const { manifest, baseline, contract } = await withOptionalExamined(
      path.join(folder, MODEL_FILES.model),
      async ({ signature }) => {
        const files = await readModelFolder(folder, signature);
        return { ...files, contract: modelContract(files.manifest, signature) };
      },
    );
    return { manifest, contract, ...(baseline ? { baseline: baseline.value } : {}) };
  }
  const { model } = own;
  if (model === undefined)
    throw new UsageError('say which contract holds: a model folder, or the name of a registered model');
  return withHome(io, options, async (home, registry): Promise<LoadedContract> => {
    const state = await registry.state(model);
    const version = await registry.version(model, state.champion ?? state.latest);
    const baseline = await baselineOf(home, version);
    const keys = needsKeys(version.manifest.contract) ? await home.privacy() : undefined;
    return {
      manifest: version.manifest,
      contract: modelContract(version.manifest, version.signature),
      ...(baseline ? { baseline } : {}),
      ...(keys ? { keys } : {}),
    };
  });
}
