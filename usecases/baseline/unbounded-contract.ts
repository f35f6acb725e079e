import type { Contract } from '../../core/contract/contract.ts';
import type { Signature } from '../../core/model/signature.ts';

/**
 * A contract that turns nothing away that the model can take: the reference is what it is, and values beyond the
 * contract are part of it. What has no missing value in the graph (integers, booleans) may not be missing here either.
 */
export function unboundedContract(contract: Contract, { inputs }: Signature): Contract {
  const types = new Map(inputs.map(({ name, type }) => [name, type]));
  const mayMiss = (input: string): boolean => /^float|^string$/.test(types.get(input) ?? '');
  return {
    ...contract,
    features: contract.features.map((feature) => ({
      ...feature,
      missing: mayMiss(feature.input ?? feature.name) ? 'allow' : 'reject',
      onViolation: 'flag',
    })),
    tensors: contract.tensors.map(({ shape: _, ...rule }) => ({ ...rule, finite: false, onViolation: 'flag' })),
  };
}
