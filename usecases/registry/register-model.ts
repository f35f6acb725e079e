import { remarksOf } from '../../core/onnx/servable.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { SideBySide } from '../../core/replay/side-by-side.ts';
import type { ExaminedModel } from '../../platform/onnx/examine.ts';
import type { RegistrationView } from './registration-view.ts';
import type { Registration, Registry } from './registry.ts';

/** Compares a version with the champion before it is registered; remarks are for whoever registers it. */
export type CompareBefore = (
  version: ModelVersion,
) => Promise<{ readonly found?: SideBySide | undefined; readonly remarks: readonly string[] }>;

/**
 * Registers a model folder, and says what is worth a look about the model.
 *
 * @param compare @default it is compared with nothing
 * @throws ModelFolderError
 */
export async function registerModel(
  registry: Registry,
  folder: string,
  { signature, inspection, file, given, repairs }: ExaminedModel,
  compare?: CompareBefore,
): Promise<RegistrationView> {
  let beside: SideBySide | undefined;
  const said: string[] = [];
  const registration = await registry.register(folder, signature, {
    modelFile: file,
    ...(repairs.length > 0 && { repairs: { given, repairs: [...repairs] } }),
    compare:
      compare &&
      (async (version) => {
        const { found, remarks } = await compare(version);
        said.push(...remarks);
        beside = found;
        return found;
      }),
  });
  const { version, existed } = registration;
  const remarks = remarksOf(inspection, version.signature, version.manifest.contract);
  return {
    ...version,
    existed,
    beside: beside ?? null,
    remarks: [...repairs.map(({ done }) => `repaired: ${done}`), ...differencesText(registration), ...remarks, ...said],
  };
}

function differencesText({ existed, differences }: Registration): string[] {
  if (differences === undefined) return [];
  const parts = differences.parts.join(', ');
  return existed
    ? [`${parts} differs from what was registered; version ${differences.version} keeps what it was registered with`]
    : [`the graph is that of version ${differences.version}; what differs: ${parts}`];
}
