import { bindContract } from '../contract/bind.ts';
import type { RawTensor } from '../contract/check.ts';
import type { Contract, Feature } from '../contract/contract.ts';
import { plainTensor } from '../contract/plain-tensor.ts';
import type { Signature } from '../model/signature.ts';
import type { ColumnProfile, Profile } from '../profile/profile.ts';

/**
 * One row that a model takes: of every feature what is typical in the baseline, or what the contract allows where
 * there is none. Inputs without features are of one value throughout, of the least size that is allowed.
 *
 * @throws ContractBindingError when contract and signature do not fit together
 */
export function exampleOf(contract: Contract, signature: Signature, profile?: Profile): Map<string, RawTensor> {
  return new Map(
    bindContract(contract, signature).map(({ spec, features, columns, rule }) => [
      spec.name,
      features.length === 0
        ? plainTensor(spec, rule)
        : {
            shape: spec.shape.length === 2 ? [1, columns] : [1],
            data: features.map(({ feature }) => typicalValue(feature, profile?.columns[feature.name])),
          },
    ]),
  );
}

/** A value that keeps a feature's rules, as near to the typical one of the column as they let it be. */
export function typicalValue(feature: Feature, column?: ColumnProfile): string | number | boolean {
  switch (feature.type) {
    case 'boolean':
      return false;
    case 'string':
      return typicalText(feature, column);
    default:
      return typicalNumber(feature, column);
  }
}

function typicalText(feature: Feature, column: ColumnProfile | undefined): string {
  const seen = column?.kind === 'categorical' ? column.categories : [];
  const fits = (text: string): boolean =>
    text !== '' &&
    text.length <= (feature.maxLength ?? Infinity) &&
    (feature.allowed === undefined || feature.allowed.includes(text));
  return [...seen, ...(feature.allowed ?? []).map(String)].find(fits) ?? 'example'.slice(0, feature.maxLength);
}

function typicalNumber(feature: Feature, column: ColumnProfile | undefined): number {
  const whole = feature.type === 'integer';
  const min = whole ? Math.ceil(feature.min ?? -Infinity) : (feature.min ?? -Infinity);
  const max = whole ? Math.floor(feature.max ?? Infinity) : (feature.max ?? Infinity);
  const wanted = (column?.kind === 'numeric' ? column.mean : null) ?? 0;
  const clipped = Math.min(max, Math.max(min, whole ? Math.round(wanted) : wanted));
  if (feature.allowed === undefined) return clipped;
  const allowed = feature.allowed.map(Number).filter((value) => value >= min && value <= max);
  return allowed.reduce(
    (best, value) => (Math.abs(value - clipped) < Math.abs(best - clipped) ? value : best),
    allowed[0] ?? clipped,
  );
}
