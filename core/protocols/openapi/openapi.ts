import type { RawTensor } from '../../contract/raw-tensor.ts';
import type { HttpResponse } from '../../serving/http.ts';
import { exactText } from '../formats/exact-text.ts';
import { tableColumns } from '../formats/table.ts';
import { type Catalog, modelOf, ProtocolError, type ProtocolModel } from '../protocol.ts';
import { SERVER } from '../v2/v2.ts';
import { defaultPaths, dialectModelPaths, dialectPaths } from './dialects.ts';
import { arrayOf, ERRORS, JSON_TYPE, jsonAnswer, objectSchema, operation, TEXT } from './parts.ts';
import { type Node, rowsSchema } from './schema.ts';
import { v1ModelPaths, v1Paths } from './v1.ts';
import { v2ModelPaths, v2Paths } from './v2.ts';

/** A model as the document shows it: by the signature and the contract of its champion. */
export interface Described {
  readonly name: string;
  /** Versions that are served. */
  readonly versions: readonly number[];
  readonly wire: ProtocolModel;
  /** One row that the contract allows. */
  readonly example: ReadonlyMap<string, RawTensor>;
  /** The same as an instance of plain JSON: bare for the only input, else an object. */
  readonly instance: unknown;
  /** The same by the columns of the model's table. */
  readonly record: Node;
}

/**
 * The OpenAPI 3.1 document of everything that the endpoint answers now: every path of every protocol, the models' own
 * among them, with the schemas that signature and contract make of bodies and answers, and an example for each.
 */
export function describe(catalog: Catalog): HttpResponse {
  const models = catalog.models().flatMap((name) => describedAs(catalog, name) ?? []);
  const own = models.map((model) => ({
    ...v2ModelPaths(model),
    // Plain JSON has no numbers of 16 bits: what takes them takes bytes only.
    ...(isText(model) ? { ...v1ModelPaths(model), ...dialectModelPaths(model) } : {}),
    ...ownPaths(model),
  }));
  const byDefault = models.find((model) => model.name === defaultOf(catalog) && isText(model));
  const paths = Object.assign(
    {},
    v2Paths(),
    v1Paths(),
    dialectPaths(),
    byDefault === undefined ? {} : defaultPaths(byDefault),
    ...own,
  );
  return {
    status: 200,
    headers: { 'content-type': JSON_TYPE },
    body: exactText({
      openapi: '3.1.0',
      info: {
        title: 'Trimtab',
        version: SERVER.version,
        description: 'ONNX models, in the protocols of the servers that people have clients for.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      paths,
      components: {
        headers: { RequestId: { description: 'The id of the request, as sent or made up.', schema: TEXT } },
        responses: Object.fromEntries(
          Object.entries(ERRORS).map(([name, schema]) => [
            name,
            { description: 'What was wrong, in the form of the protocol.', content: { [JSON_TYPE]: { schema } } },
          ]),
        ),
      },
    }),
  };
}

function describedAs(catalog: Catalog, name: string): Described | undefined {
  const versions = catalog.versions(name) ?? [];
  const [served] = versions;
  if (served === undefined) return undefined;
  const { wire } = served;
  const example = served.example();
  const first = (input: string): unknown => rowsSchema(example.get(input)!)[0];
  const inputs = wire.signature.inputs.map(({ name: input }) => input);
  return {
    name,
    versions: versions.map(({ version }) => version),
    wire,
    example,
    instance:
      inputs.length === 1 ? first(inputs[0]!) : Object.fromEntries(inputs.map((input) => [input, first(input)])),
    record: recordOf(wire, first),
  };
}

/** Whether requests can be written as JSON. */
export const isText = ({ wire }: Described): boolean => wire.signature.inputs.every(({ type }) => type !== 'float16');

function recordOf(wire: ProtocolModel, rowOf: (input: string) => unknown): Node {
  const next = new Map<string, number>();
  return Object.fromEntries(
    tableColumns(wire).map(({ name, spec, single }) => {
      const row = rowOf(spec.name);
      if (!single) return [name, row];
      const at = next.get(spec.name) ?? 0;
      next.set(spec.name, at + 1);
      return [name, Array.isArray(row) ? row.flat(8)[at] : row];
    }),
  );
}

/** The model that paths without a name mean. */
function defaultOf(catalog: Catalog): string | undefined {
  try {
    return modelOf(catalog, undefined);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function ownPaths({ name }: Described): Record<string, Node> {
  const base = `/trimtab/v1/models/${name}`;
  const part = { tag: 'Trimtab', error: 'Error' } as const;
  const accepted = (summary: string, record: Node, example: Node): Node => ({
    post: operation({
      ...part,
      summary,
      status: 202,
      body: {
        [JSON_TYPE]: {
          schema: objectSchema({ records: { ...arrayOf(record, 1), maxItems: 10_000 } }),
          example: { records: [example] },
        },
      },
      answer: jsonAnswer(objectSchema({ accepted: { type: 'integer' } })),
    }),
  });
  const id = { type: 'string', minLength: 1, maxLength: 300 };
  return {
    [`${base}/release`]: {
      get: operation({
        ...part,
        summary: `What of ${name} is served.`,
        answer: jsonAnswer(
          objectSchema({
            revision: { type: 'integer' },
            champion: { type: ['integer', 'null'] },
            challengers: { type: 'array' },
          }),
        ),
      }),
    },
    [`${base}/truth`]: accepted(
      'What turned out to be true of predictions.',
      { ...objectSchema({ id, truth: { type: ['string', 'number', 'boolean'] } }), additionalProperties: false },
      { id: 'my-id', truth: 1 },
    ),
    [`${base}/outcomes`]: accepted(
      'What predictions were worth.',
      objectSchema({ id, metric: { type: 'string', minLength: 1 }, value: { type: 'number' } }),
      { id: 'my-id', metric: 'reward', value: 1 },
    ),
  };
}
