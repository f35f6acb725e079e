import { bindContract } from '../contract/bind.ts';
import type { Contract, Feature } from '../contract/contract.ts';
import { exampleValue } from '../contract/example-value.ts';
import { plainTensor } from '../contract/plain-tensor.ts';
import type { RawTensor } from '../contract/raw-tensor.ts';
import { ownValue } from '../model/own-value.ts';
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
            data: features.map(({ feature }) =>
              typicalValue(feature, profile && ownValue(profile.columns, feature.name)),
            ),
          },
    ]),
  );
}

/** A value that keeps a feature's rules, as near to the typical one of the column as they let it be. */
export function typicalValue(feature: Feature, column?: ColumnProfile): string | number | boolean {
  return exampleValue(feature, column === undefined ? [] : typicalValues(feature, column));
}

/** What a column usually holds, the most frequent first. */
function typicalValues({ type }: Feature, column: ColumnProfile): readonly (string | number)[] {
  if (type === 'string') return column.kind === 'categorical' ? column.categories : [];
  if (type === 'boolean' || column.kind !== 'numeric' || column.mean === null) return [];
  return [type === 'integer' ? Math.round(column.mean) : column.mean];
}
