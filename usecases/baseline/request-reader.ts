import type { CompiledContract } from '../../core/contract/check.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { ownValue } from '../../core/model/own-value.ts';
import { externalSignature } from '../../core/model/preprocess.ts';
import type { Signature } from '../../core/model/signature.ts';
import { readRows } from '../../core/protocols/formats/values.ts';
import { protocolModelOf } from '../../core/protocols/protocol.ts';
import { compilePreprocess, type Inputs } from '../../platform/images/preprocess.ts';

/** A line of a file of requests as the inputs of a request of one row. @throws InputError when it is none */
export type RequestReader = (line: Readonly<Record<string, unknown>>) => Inputs;

/**
 * Reads instances as TensorFlow Serving's row format has them, with other columns (label, time) beside the inputs, which
 * are not looked at. An input is under its own name, or gathered from those of its features.
 */
export async function compileRequestReader(
  { name: model, preprocess = {} }: Pick<Manifest, 'name' | 'preprocess'>,
  signature: Signature,
  check: CompiledContract,
): Promise<RequestReader> {
  const protocolModel = protocolModelOf(model, externalSignature(signature, preprocess));
  const prepare = await compilePreprocess(signature, preprocess);
  return (line) => {
    const instance = Object.fromEntries(signature.inputs.map(({ name }) => [name, inputOf(check, name, line)]));
    return prepare(readRows([instance], protocolModel));
  };
}

function inputOf(check: CompiledContract, input: string, line: Readonly<Record<string, unknown>>): unknown {
  if (Object.hasOwn(line, input)) return line[input];
  const features = check.features.filter((feature) => (feature.input ?? feature.name) === input);
  return features.length === 1 ? ownValue(line, features[0]!.name) : features.map(({ name }) => ownValue(line, name));
}
