import type { Capture } from '../../core/captures/capture.ts';
import type { Contract } from '../../core/contract/contract.ts';
import { ownValue } from '../../core/model/own-value.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import type { Home } from '../../platform/ports.ts';

type AskedRecord = Pick<ModelVersion, 'manifest'>;

/** Features of all versions, each as the first that has it says. */
export function featuresOf(versions: readonly AskedRecord[]): Contract['features'] {
  const features = new Map<string, Contract['features'][number]>();
  for (const { manifest } of versions)
    for (const feature of manifest.contract.features)
      if (!features.has(feature.name)) features.set(feature.name, feature);
  return [...features.values()];
}

/** How a captured row becomes one that versions are asked about; undefined where a feature of theirs was not captured. */
export type RowOpener = (capture: Pick<Capture, 'features'>, row: number) => Record<string, unknown> | undefined;

/** @param versions the one whose requests were captured first: it says how */
export async function rowOpener(
  home: Pick<Home, 'privacy'>,
  model: string,
  versions: readonly AskedRecord[],
): Promise<RowOpener> {
  const features = featuresOf(versions);
  const keys = features.some(({ personal }) => personal === 'encrypt') ? await home.privacy() : undefined;
  return ({ features: captured }, row) => {
    const cells: Record<string, unknown> = {};
    for (const { name, personal, type } of features) {
      const column = ownValue(captured, name);
      if (column === undefined) return undefined;
      const value = column[row] ?? null;
      cells[name] =
        personal === 'encrypt' && typeof value === 'string'
          ? plainValue(keys!.open({ owner: model, field: name }, value), type)
          : wholeValue(value, type);
    }
    return cells;
  };
}

type FeatureType = Contract['features'][number]['type'];

/** An opened envelope holds text. */
function plainValue(text: string, type: FeatureType): unknown {
  if (type === 'string') return text;
  if (type === 'boolean') return text === 'true';
  const whole = wholeValue(text, type);
  return typeof whole === 'bigint' && !Number.isSafeInteger(Number(text)) ? whole : Number(text);
}

/** An integer that no double holds is captured as text. */
const wholeValue = (value: unknown, type: FeatureType): unknown =>
  type === 'integer' && typeof value === 'string' && /^-?\d+$/.test(value) ? BigInt(value) : value;
