import type { HttpResponse } from '../../serving/http.ts';
import { exactText } from '../formats/exact-text.ts';
import { type Catalog, modelOf, ProtocolError } from '../protocol.ts';
import { SERVER } from '../v2/v2.ts';
import { type DescribedModel, describeModel, takesJson } from './described-model.ts';
import { defaultPaths, dialectModelPaths, dialectPaths } from './dialects.ts';
import { arrayOf, ERRORS, JSON_TYPE, jsonAnswer, objectSchema, operation, TEXT } from './parts.ts';
import type { Node } from './schema.ts';
import { v1ModelPaths, v1Paths } from './v1.ts';
import { v2ModelPaths, v2Paths } from './v2.ts';

/**
 * The OpenAPI 3.1 document of everything that the endpoint answers now: every path of every protocol, the models' own
 * among them, with the schemas that signature and contract make of bodies and answers, and an example for each.
 */
export function describe(catalog: Catalog): HttpResponse {
  const models = catalog.models().flatMap((name) => describeModel(catalog, name) ?? []);
  const own = models.map((model) => ({
    ...v2ModelPaths(model),
    ...(takesJson(model) ? { ...v1ModelPaths(model), ...dialectModelPaths(model) } : {}),
    ...ownPaths(model),
  }));
  const byDefault = models.find((model) => model.name === defaultOf(catalog) && takesJson(model));
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

/** The model that paths without a name mean. */
function defaultOf(catalog: Catalog): string | undefined {
  try {
    return modelOf(catalog, undefined);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** In UTC, as it is read. */
const INSTANT: Node = {
  type: 'string',
  pattern: String.raw`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$`,
};

function ownPaths({ name }: DescribedModel): Record<string, Node> {
  const base = `/trimtab/v1/models/${name}`;
  const part = { tag: 'Trimtab', error: 'Error' } as const;
  const accepted = (
    summary: string,
    record: Node,
    { example, answer = {} }: { example: Node; answer?: Node },
  ): Node => ({
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
      answer: jsonAnswer(objectSchema({ accepted: { type: 'integer' }, ...answer })),
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
            instance: { type: 'string' },
          }),
        ),
      }),
    },
    [`${base}/truth`]: accepted(
      'What turned out to be true of predictions.',
      {
        type: 'object',
        properties: { id, truth: { type: ['string', 'number', 'boolean'] }, at: INSTANT },
        required: ['id', 'truth'],
        additionalProperties: false,
      },
      {
        example: { id: 'my-id', truth: 1 },
        answer: {
          unreadable: { type: 'integer' },
          problems: arrayOf(objectSchema({ record: { type: 'integer' }, reason: { type: 'string' } })),
        },
      },
    ),
    [`${base}/outcomes`]: accepted(
      'What predictions were worth.',
      objectSchema({ id, metric: { type: 'string', minLength: 1 }, value: { type: 'number' } }),
      { example: { id: 'my-id', metric: 'reward', value: 1 } },
    ),
  };
}
