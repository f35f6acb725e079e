import type { TensorSpec } from '../../model/signature.ts';
import type { TableColumn } from '../formats/table.ts';
import { datatypeOf } from '../v2/datatypes.ts';
import { type DescribedModel, takesJson } from './described-model.ts';
import {
  arrayOf,
  inPath,
  JSON_TYPE,
  jsonAnswer,
  type OpenApiPart,
  objectSchema,
  operation,
  TEXT,
  versionIn,
} from './parts.ts';
import { elementSchema, featureColumns, type Node, outputElement, rowsSchema } from './schema.ts';

const BYTES_TYPE = 'application/octet-stream';
const JSON_LENGTH: Node = {
  name: 'Inference-Header-Content-Length',
  in: 'header',
  required: false,
  schema: { type: 'integer', minimum: 0 },
  description: 'Bytes of the JSON in front of binary tensors; 0: the body is the only input.',
};
const TAG = 'Open Inference Protocol v2';
const part = (rest: Omit<OpenApiPart, 'tag' | 'error'>): Node => operation({ tag: TAG, error: 'Error', ...rest });
const NAME_AND_SHAPE = { name: TEXT, datatype: TEXT, shape: arrayOf({ type: 'integer' }) };

/** What is there whatever is served. */
export function v2Paths(): Record<string, Node> {
  const get = (summary: string, properties: Node) => ({
    get: part({ summary, answer: jsonAnswer(objectSchema(properties)) }),
  });
  return {
    '/v2': get('What the server is.', { name: TEXT, version: TEXT, extensions: arrayOf(TEXT) }),
    '/v2/health/live': get('Whether it runs.', { live: { type: 'boolean' } }),
    '/v2/health/ready': get('Whether it can serve.', { ready: { type: 'boolean' } }),
    '/v2/models': get('The models.', { models: arrayOf(TEXT) }),
    '/v2/models/stats': get('What all versions have done.', { model_stats: arrayOf({ type: 'object' }) }),
    '/v2/repository/index': {
      post: part({
        summary: 'Versions that are served, and models without one.',
        optional: true,
        body: { [JSON_TYPE]: { schema: { type: 'object', properties: { ready: { type: 'boolean' } } }, example: {} } },
        answer: jsonAnswer(arrayOf(objectSchema({ name: TEXT, version: TEXT, state: TEXT, reason: TEXT }))),
      }),
    },
  };
}

export function v2ModelPaths(model: DescribedModel): Record<string, Node> {
  const base = `/v2/models/${model.name}`;
  const version = versionIn(model.versions);
  const metadata = (parameters?: Node[]) => ({
    get: part({
      summary: `Inputs and outputs of ${model.name}.`,
      answer: jsonAnswer(
        objectSchema({
          name: { const: model.name },
          versions: arrayOf(TEXT),
          platform: TEXT,
          inputs: arrayOf({
            ...objectSchema(NAME_AND_SHAPE),
            properties: { ...NAME_AND_SHAPE, parameters: objectSchema({ features: arrayOf(TEXT) }) },
          }),
          outputs: arrayOf(objectSchema(NAME_AND_SHAPE)),
        }),
      ),
      ...(parameters === undefined ? {} : { parameters }),
    }),
  });
  const infer = (parameters?: Node[]) => ({ post: inferOperation(model, parameters) });
  return {
    [base]: metadata(),
    [`${base}/versions/{version}`]: metadata([version]),
    [`${base}/ready`]: {
      get: part({
        summary: `Whether ${model.name} can serve.`,
        answer: jsonAnswer(objectSchema({ ready: { type: 'boolean' } })),
      }),
    },
    [`${base}/stats`]: {
      get: part({
        summary: `What ${model.name} has done.`,
        answer: jsonAnswer(objectSchema({ model_stats: arrayOf({ type: 'object' }) })),
      }),
    },
    [`${base}/infer`]: infer(),
    [`${base}/versions/{version}/infer`]: infer([version]),
    ...(takesJson(model) ? { [`${base}/explain`]: explain(model) } : {}),
    [`/v2/repository/models/${model.name}/{action}`]: {
      post: part({
        summary: `Load or unload ${model.name}, where the endpoint lets callers do that.`,
        optional: true,
        parameters: [inPath('action', { enum: ['load', 'unload'] }, 'What to do.')],
        body: { [JSON_TYPE]: { schema: { type: 'object' }, example: {} } },
        answer: jsonAnswer(objectSchema({ name: { const: model.name } })),
      }),
    },
  };
}

const explain = (model: DescribedModel): Node => ({
  post: part({
    summary: `Shapley values of predictions of ${model.name}.`,
    body: { [JSON_TYPE]: { schema: requestSchema(model), example: requestExample(model) } },
    answer: jsonAnswer(
      objectSchema({
        model_name: { const: model.name },
        model_version: TEXT,
        id: TEXT,
        outputs: arrayOf(objectSchema({ ...NAME_AND_SHAPE, data: { type: 'array' } })),
      }),
    ),
  }),
});

function inferOperation(model: DescribedModel, parameters?: Node[]): Node {
  return part({
    summary: `Predict with ${model.name}.`,
    body: {
      ...(takesJson(model) ? { [JSON_TYPE]: { schema: requestSchema(model), example: requestExample(model) } } : {}),
      // JSON with the tensors' bytes behind it, as a header says; or, where it says 0, one tensor alone.
      [BYTES_TYPE]: { schema: { type: 'string', contentMediaType: BYTES_TYPE } },
    },
    parameters: [...(parameters ?? []), JSON_LENGTH],
    answer: {
      ...jsonAnswer(
        objectSchema({
          model_name: { const: model.name },
          model_version: TEXT,
          id: TEXT,
          outputs: arrayOf({ oneOf: model.protocolModel.signature.outputs.map(outputSchema) }),
        }),
      ),
      [BYTES_TYPE]: { type: 'string', contentMediaType: BYTES_TYPE },
    },
  });
}

function requestSchema({ protocolModel }: DescribedModel): Node {
  const { inputs, outputs } = protocolModel.signature;
  const wholes = { ...arrayOf({ oneOf: inputs.map(inputSchema) }, inputs.length), maxItems: inputs.length };
  const columns = featureColumns(protocolModel);
  return {
    type: 'object',
    required: ['inputs'],
    properties: {
      id: { type: 'string', maxLength: 200 },
      parameters: { type: 'object' },
      inputs: columns.length === 0 ? wholes : { anyOf: [wholes, columnTensors(columns)] },
      outputs: arrayOf({
        type: 'object',
        required: ['name'],
        properties: { name: { enum: outputs.map(({ name }) => name) }, parameters: { type: 'object' } },
      }),
    },
  };
}

/** A tensor for each feature instead of one for all that share an input. */
const columnTensors = (columns: readonly TableColumn[]): Node => ({
  type: 'array',
  prefixItems: columns.map(({ name, spec: { type } }) => inputSchema({ name, type, shape: [-1] })),
  items: false,
  minItems: columns.length,
});

const shapeSchema = (shape: readonly number[]): Node => ({
  type: 'array',
  prefixItems: shape.map((size) => (size === -1 ? { type: 'integer', minimum: 1 } : { const: size })),
  items: false,
  minItems: shape.length,
});

/** A tensor in JSON, flat or nested; or its bytes behind the JSON. */
const inputSchema = ({ name, type, shape }: TensorSpec): Node => ({
  type: 'object',
  required: ['name', 'shape', 'datatype'],
  properties: {
    name: { const: name },
    datatype: { const: datatypeOf(type) },
    // The graph's rank is unknown where its shape is empty.
    shape: shape.length === 0 ? arrayOf({ type: 'integer', minimum: 0 }) : shapeSchema(shape),
    parameters: { type: 'object', properties: { binary_data_size: { type: 'integer', minimum: 0 } } },
    data: arrayOf({ anyOf: [elementSchema(type), { type: 'array' }] }),
  },
});

const outputSchema = (spec: TensorSpec): Node => ({
  type: 'object',
  required: ['name', 'datatype', 'shape'],
  properties: {
    name: { const: spec.name },
    datatype: { enum: [datatypeOf(spec.type), 'BYTES'] },
    shape: arrayOf({ type: 'integer' }),
    parameters: { type: 'object' },
    // A classification is text, whatever the output is.
    data: arrayOf({ anyOf: [v2Element(spec), TEXT] }),
  },
});

/** Only v1 knows `{"b64"}`. */
const v2Element = (spec: TensorSpec): Node => (spec.type === 'string' ? TEXT : outputElement(spec));

const requestExample = ({ protocolModel, example }: DescribedModel): Node => ({
  inputs: protocolModel.signature.inputs.map((spec) => {
    const tensor = example.get(spec.name)!;
    return { name: spec.name, shape: tensor.shape, datatype: datatypeOf(spec.type), data: rowsSchema(tensor).flat(8) };
  }),
});
