import type { RawTensor } from '../../contract/raw-tensor.ts';
import { tableColumns } from '../formats/table.ts';
import type { Catalog, ProtocolModel } from '../protocol.ts';
import { type Node, rowsSchema } from './schema.ts';

/** A model as the document shows it: by the signature and the contract of its champion. */
export interface DescribedModel {
  readonly name: string;
  /** Versions that are served. */
  readonly versions: readonly number[];
  readonly protocolModel: ProtocolModel;
  /** One row that the contract allows. */
  readonly example: ReadonlyMap<string, RawTensor>;
  /** The same as an instance of plain JSON: bare for the only input, else an object. */
  readonly instance: unknown;
  /** The same by the columns of the model's table. */
  readonly record: Node;
}

/** Describes a model; undefined while none of its versions is served. */
export function describeModel(catalog: Catalog, name: string): DescribedModel | undefined {
  const versions = catalog.versions(name) ?? [];
  const [served] = versions;
  if (served === undefined) return undefined;
  const { protocolModel } = served;
  const example = served.example();
  const first = (input: string): unknown => rowsSchema(example.get(input)!)[0];
  const inputs = protocolModel.signature.inputs.map(({ name: input }) => input);
  return {
    name,
    versions: versions.map(({ version }) => version),
    protocolModel,
    example,
    instance:
      inputs.length === 1 ? first(inputs[0]!) : Object.fromEntries(inputs.map((input) => [input, first(input)])),
    record: recordOf(protocolModel, first),
  };
}

/** Whether a request to the model can be JSON, which has no numbers of 16 bits. */
export const takesJson = ({ protocolModel }: DescribedModel): boolean =>
  protocolModel.signature.inputs.every(({ type }) => type !== 'float16');

function recordOf(protocolModel: ProtocolModel, rowOf: (input: string) => unknown): Node {
  const next = new Map<string, number>();
  return Object.fromEntries(
    tableColumns(protocolModel).map(({ name, spec, single }) => {
      const row = rowOf(spec.name);
      if (!single) return [name, row];
      const at = next.get(spec.name) ?? 0;
      next.set(spec.name, at + 1);
      return [name, Array.isArray(row) ? row.flat(8)[at] : row];
    }),
  );
}
