import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { Contract } from '../../core/contract/contract.ts';
import { InputError } from '../../core/contract/input-error.ts';
import { fillOpaque } from '../../core/contract/opaque.ts';
import { ownValue } from '../../core/model/own-value.ts';
import { externalSignature, Preprocess } from '../../core/model/preprocess.ts';
import type { Signature, TensorSpec } from '../../core/model/signature.ts';
import { exactText } from '../../core/protocols/formats/exact-text.ts';
import { isBytes, isObject, readRows } from '../../core/protocols/formats/values.ts';
import { protocolModelOf } from '../../core/protocols/protocol.ts';
import { InferenceError } from '../../core/schema-inference/inference-error.ts';
import { TensorLearner } from '../../core/schema-inference/learn-tensor.ts';
import { compilePreprocess } from '../../platform/images/preprocess.ts';
import { JsonLinesError, readJsonLines } from '../../platform/json-lines.ts';
import { makeTemporaryFolder } from '../../platform/temporary-folder.ts';
import type { Draft } from './draft.ts';

/** How requests become a contract. */
export interface RequestsOptions {
  /** Whether elements beyond what was seen are rejected; else they are flagged. */
  readonly strict?: boolean | undefined;
  /** Columns that somebody has named. */
  readonly stated: readonly string[];
  /** Makes one of a table, for the inputs that take rows of features. */
  readonly draft: (file: string, signature: Signature) => Promise<Draft>;
}

type Line = Readonly<Record<string, unknown>>;

/**
 * Inputs that are no rows of features: those of three axes or more, and those of two that have a list of several values
 * in the first line of a reference of requests.
 *
 * @param first undefined where the reference is a table
 */
export function wholeInputs({ inputs }: Signature, first: Line | undefined): TensorSpec[] {
  return inputs.filter(({ name, shape }) => {
    const value = first && ownValue(first, name);
    return shape.length > 2 || (shape.length === 2 && Array.isArray(value) && value.length > 1);
  });
}

/**
 * A contract as reference requests suggest it: rules for whole inputs, learned of every line; features of the rest, as
 * if that were a table.
 *
 * @param dataFile JSON lines, each an instance as TensorFlow Serving's row format has it
 * @throws JsonLinesError when a line is no instance, InferenceError when graph and data do not go together
 */
export async function contractOfRequests(
  dataFile: string,
  signature: Signature,
  wholes: readonly TensorSpec[],
  { strict = false, stated, draft }: RequestsOptions,
): Promise<Draft> {
  const scratch = await makeTemporaryFolder('draft');
  try {
    const table = path.join(scratch, 'rest.jsonl');
    const learners = wholes.map((spec) => new TensorLearner(spec, strict));
    const { preprocess, rest } = await learn(dataFile, { ...signature, inputs: [...wholes] }, { table, learners });
    const inputs = signature.inputs.filter((spec) => !wholes.includes(spec));
    const drafted = rest ? await draft(table, { ...signature, inputs }) : nothingBeside(inputs, stated);
    const tensors = learners.map((learner) => learner.rule());
    return {
      ...drafted,
      contract: Contract.parse({ ...drafted.contract, tensors }),
      ...(Object.keys(preprocess).length > 0 ? { preprocess } : {}),
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Of requests that have nothing but whole inputs. @throws InferenceError where others are wanted */
function nothingBeside([input]: readonly TensorSpec[], [stated]: readonly string[]): Draft {
  if (input !== undefined)
    throw new InferenceError(`input ${input.name} finds no value of its name; the requests have whole tensors only`);
  if (stated !== undefined)
    throw new InferenceError(`the requests have nothing named ${stated}: they have whole tensors only`);
  return { contract: Contract.parse({ features: [] }), taken: [], constant: [], notices: [], spare: [], swallowed: [] };
}

interface LearnTargets {
  /** Receives what is no whole input. */
  readonly table: string;
  /** Of the inputs, in their order. */
  readonly learners: readonly TensorLearner[];
}

/** Looks at the whole inputs of every line, and writes what is left of it to a file of its own. */
async function learn(
  dataFile: string,
  signature: Signature,
  { table, learners }: LearnTargets,
): Promise<{ preprocess: Preprocess; rest: boolean }> {
  const names = signature.inputs.map(({ name }) => name);
  let preprocess: Preprocess | undefined;
  let read: ((line: Line) => ReturnType<typeof readRows>) | undefined;
  let number = 0;
  let rest = false;
  const out = createWriteStream(table);
  try {
    for await (const line of readJsonLines(dataFile)) {
      number++;
      const missing = names.find((name) => !Object.hasOwn(line, name));
      if (missing !== undefined)
        throw new InferenceError(`input ${missing} takes a whole tensor, and request ${number} of the data lacks it`);
      preprocess ??= picturesOf(signature, line);
      read ??= await readerOf(signature, preprocess, names);
      try {
        const inputs = read(line);
        for (const [i, spec] of signature.inputs.entries()) learners[i]!.add(fillOpaque(spec, inputs.get(spec.name)!));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        throw new JsonLinesError(`${dataFile}, request ${number}: ${error.message}`, { cause: error });
      }
      const left = Object.entries(line).filter(([name]) => !names.includes(name));
      rest ||= left.length > 0;
      if (!out.write(`${exactText(Object.fromEntries(left.map(plain)))}\n`)) await once(out, 'drain');
    }
  } finally {
    out.end();
    await finished(out);
  }
  if (preprocess === undefined) throw new JsonLinesError(`${dataFile} has no requests`);
  return { preprocess, rest };
}

/** Inputs of pixels whose first value is a file. */
function picturesOf({ inputs }: Signature, line: Line): Preprocess {
  const files = inputs.filter(({ name, type, shape }) => {
    const pixels = type === 'uint8' && shape.length === 4 && (shape[3] === 1 || shape[3] === 3);
    const value = ownValue(line, name);
    return pixels && isObject(value) && isBytes(value);
  });
  return Preprocess.parse(Object.fromEntries(files.map(({ name }) => [name, { decode: 'image' }])));
}

async function readerOf(signature: Signature, preprocess: Preprocess, names: readonly string[]) {
  const protocolModel = protocolModelOf('reference', externalSignature(signature, preprocess));
  const prepare = await compilePreprocess(signature, preprocess);
  return (line: Line) =>
    new Map(prepare(readRows([Object.fromEntries(names.map((n) => [n, line[n]]))], protocolModel)));
}

/** A value that a request has in a list of its own, [n, 1], is one of a column. */
const plain = ([name, value]: [string, unknown]): [string, unknown] => [
  name,
  Array.isArray(value) && value.length === 1 ? value[0] : value,
];
