import { withInputTypes } from '../contract/bind.ts';
import type { Contract } from '../contract/contract.ts';
import { columnName, LabelColumn } from '../contract/data-columns.ts';
import type { Signature } from '../model/signature.ts';
import { binaryClasses, decisionClasses } from './decision-classes.ts';
import type { Manifest } from './manifest.ts';

/**
 * A model's contract as data files are held to it: features know the inputs that they go to, so that a file is refused
 * what the model could not be asked about; and labels are what the decision could have been, unless the contract says
 * itself what they are.
 */
export function modelContract(
  manifest: Pick<Manifest, 'contract' | 'decision' | 'outputs'>,
  signature: Pick<Signature, 'inputs'>,
): Contract {
  const contract = withInputTypes(manifest.contract, signature);
  const { label } = contract.data;
  if (label === undefined) return contract;
  const stated = LabelColumn.parse({ name: columnName(label), ...(typeof label === 'string' ? {} : label) });
  if (stated.type !== undefined || stated.classes !== undefined) return contract;
  return { ...contract, data: { ...contract.data, label: { ...stated, ...labelRule(manifest) } } };
}

/** What a truth can be, as `decisionTruth` reads it. */
function labelRule({
  decision,
  outputs,
}: Pick<Manifest, 'decision' | 'outputs'>): Pick<LabelColumn, 'type' | 'classes'> {
  if (decision === undefined) return {};
  if (decision.task === 'regression') return { type: 'float' };
  if (decision.task === 'multiclass') {
    const classes = decisionClasses(decision, outputs);
    return classes.length === 0 ? {} : { classes };
  }
  return { classes: [...new Set([...binaryClasses(decision, outputs).names, '0', '1', 'true', 'false'])] };
}
