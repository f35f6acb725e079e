import { exactText } from '../formats/exact-text.ts';
import { tableColumns } from '../formats/table.ts';
import { takesFiles } from '../v2/binary.ts';
import type { DescribedModel } from './described-model.ts';
import {
  arrayOf,
  inHeader,
  inPath,
  JSON_TYPE,
  jsonAnswer,
  type OpenApiPart,
  objectSchema,
  operation,
  TEXT,
  versionIn,
} from './parts.ts';
import { type Node, predictionSchema, recordSchema } from './schema.ts';
import { bodyOf, predictionsSchema } from './v1.ts';

const torchserve = (rest: Omit<OpenApiPart, 'tag' | 'error'>): Node =>
  operation({ tag: 'TorchServe', error: 'TorchServeError', ...rest });
const seldon = (rest: Omit<OpenApiPart, 'tag' | 'error'>): Node =>
  operation({ tag: 'Seldon v1', error: 'SeldonError', ...rest });
const sagemaker = (rest: Omit<OpenApiPart, 'tag' | 'error'>): Node =>
  operation({ tag: 'SageMaker', error: 'SageMakerError', ...rest });
const mlflow = (rest: Omit<OpenApiPart, 'tag' | 'error'>): Node =>
  operation({ tag: 'MLflow', error: 'MlflowError', ...rest });

const PLAIN = { 'text/plain': TEXT };
const PING = jsonAnswer(objectSchema({ status: { enum: ['Healthy', 'Unhealthy'] } }));
/** What a server that is not ready answers a ping with is no error object. */
const ping = (part: typeof torchserve): Node => {
  const whole = part({ summary: 'Whether it can serve.', answer: PING });
  const unhealthy = { description: 'It cannot.', content: { [JSON_TYPE]: { schema: PING[JSON_TYPE] } } };
  return { ...whole, responses: { ...(whole.responses as Node), '503': unhealthy } };
};

/** What is there whatever is served. */
export function dialectPaths(): Record<string, Node> {
  return {
    '/ping': { get: ping(torchserve) },
    '/health': { get: ping(mlflow) },
    '/version': { get: mlflow({ summary: 'Version of the server.', answer: PLAIN }) },
    '/models': {
      get: torchserve({
        summary: 'The models.',
        parameters: ['limit', 'next_page_token'].map((name) => ({
          name,
          in: 'query',
          required: false,
          schema: { type: 'integer', minimum: 0, maximum: 999_999_999 },
        })),
        answer: jsonAnswer(objectSchema({ models: arrayOf(objectSchema({ modelName: TEXT, modelUrl: TEXT })) })),
      }),
    },
    '/ready': { get: seldon({ summary: 'Whether it can serve.', answer: PLAIN }) },
    '/live': { get: seldon({ summary: 'Whether it runs.', answer: PLAIN }) },
    '/health/status': { get: seldon({ summary: 'Whether it can serve.', answer: PLAIN }) },
  };
}

/** The paths that name no model, where it is known which one they mean. */
export const defaultPaths = (model: DescribedModel): Record<string, Node> => ({
  '/invocations': { post: invocations(model, mlflow) },
  '/api/v1.0/predictions': { post: seldonPredictions(model) },
  '/api/v1.0/feedback': { post: seldonFeedback() },
  '/api/v1.0/metadata': { get: seldonMetadata(model) },
});

export function dialectModelPaths(model: DescribedModel): Record<string, Node> {
  const { name } = model;
  const version = versionIn(model.versions);
  const namespace = inPath('namespace', { type: 'string', pattern: '^[a-z0-9-]{1,63}$' }, 'Any.');
  const described = jsonAnswer(
    arrayOf(objectSchema({ modelName: { const: name }, modelVersion: TEXT, workers: arrayOf({ type: 'object' }) })),
  );
  const describe = (parameters?: Node[]) => ({
    get: torchserve({
      summary: `What ${name} is.`,
      answer: described,
      ...(parameters === undefined ? {} : { parameters }),
    }),
  });
  // TorchServe takes either method for the same.
  const either = (post: Node): Node => ({ post, put: post });
  const predictions = (parameters?: Node[]) =>
    either(
      torchserve({
        summary: `Predict with ${name}.`,
        body: torchServeBody(model),
        answer: jsonAnswer(singleOrBatch(model)),
        ...(parameters === undefined ? {} : { parameters }),
      }),
    );
  return {
    [`/models/${name}`]: describe(),
    [`/models/${name}/all`]: describe(),
    [`/models/${name}/{version}`]: describe([version]),
    [`/predictions/${name}`]: predictions(),
    [`/predictions/${name}/{version}`]: predictions([version]),
    [`/explanations/${name}`]: either(
      torchserve({
        summary: `Shapley values of predictions of ${name}.`,
        body: torchServeBody(model),
        answer: jsonAnswer({ type: 'object' }),
      }),
    ),
    [`/endpoints/${name}/invocations`]: { post: invocations(model, sagemaker, SAGEMAKER_HEADERS) },
    [`/seldon/{namespace}/${name}/api/v1.0/predictions`]: { parameters: [namespace], post: seldonPredictions(model) },
    [`/seldon/{namespace}/${name}/api/v1.0/feedback`]: { parameters: [namespace], post: seldonFeedback() },
    [`/seldon/{namespace}/${name}/api/v1.0/metadata`]: { parameters: [namespace], get: seldonMetadata(model) },
  };
}

const SAGEMAKER_HEADERS = [
  inHeader('X-Amzn-SageMaker-Inference-Id', 'Becomes the prediction id.'),
  inHeader('X-Amzn-SageMaker-Custom-Attributes', 'Comes back.'),
];

const torchServeBody = ({ protocolModel, record }: DescribedModel): NonNullable<OpenApiPart['body']> => ({
  [JSON_TYPE]: { schema: recordSchema(protocolModel), example: record },
  ...files(protocolModel),
});

/** A picture's file as the whole body, where it is the only input. */
function files({ signature }: DescribedModel['protocolModel']): NonNullable<OpenApiPart['body']> {
  const [spec, second] = signature.inputs;
  if (spec === undefined || second !== undefined || !takesFiles(spec)) return {};
  const file = (type: string) => [type, { schema: { type: 'string', contentMediaType: type } }];
  return Object.fromEntries(['image/png', 'image/jpeg'].map(file));
}

/** Alone, or a list where a list was sent. */
const singleOrBatch = ({ protocolModel }: DescribedModel): Node => {
  const one = predictionSchema(protocolModel);
  return { anyOf: [one, arrayOf(one), objectSchema({ predictions: arrayOf(one) }), { type: 'object' }] };
};

function invocations(model: DescribedModel, part: typeof mlflow, parameters?: Node[]): Node {
  const { protocolModel, record } = model;
  const columns = tableColumns(protocolModel).map(({ name }) => name);
  const plain = tableColumns(protocolModel).every(({ single }) => single);
  const { schema } = bodyOf(model)[JSON_TYPE]!;
  const records: Node = objectSchema({ dataframe_records: arrayOf(recordSchema(protocolModel), 1) });
  const split: Node = objectSchema({
    dataframe_split: objectSchema({
      columns: { const: columns },
      data: arrayOf({ type: 'array', minItems: columns.length, maxItems: columns.length }, 1),
    }),
  });
  const answered = predictionsSchema(model);
  const { predictions, outputs } = answered.properties as Node;
  // What came by column goes back by column; MLflow has the same key for both.
  const predicted = { ...answered, properties: { predictions: { anyOf: [predictions, outputs] }, outputs } };
  const cell = (value: unknown): string => (value === null ? '' : String(value));
  return part({
    summary: `Predict with ${model.name}.`,
    body: {
      [JSON_TYPE]: {
        schema: { anyOf: [schema, records, split] },
        example: { dataframe_records: [record] },
      },
      'application/jsonlines': { schema: TEXT, example: `${exactText(record)}\n` },
      ...files(protocolModel),
      ...(plain
        ? {
            'text/csv': {
              schema: TEXT,
              example: `${columns.join(',')}\n${columns.map((name) => cell(record[name])).join(',')}\n`,
            },
          }
        : {}),
    },
    answer: {
      ...jsonAnswer(predicted),
      'application/jsonlines': TEXT,
      'text/csv': TEXT,
    },
    ...(parameters === undefined ? {} : { parameters }),
  });
}

const META = {
  type: 'object',
  properties: { puid: { type: 'string', maxLength: 200 }, tags: { type: 'object' } },
} as const;

function seldonPredictions({ name, protocolModel, record }: DescribedModel): Node {
  return seldon({
    summary: `Predict with ${name}; the answer has the representation of the request.`,
    body: {
      [JSON_TYPE]: {
        schema: {
          oneOf: [
            objectSchema({ jsonData: recordSchema(protocolModel) }),
            objectSchema({ data: { type: 'object', oneOf: [{ required: ['tensor'] }, { required: ['ndarray'] }] } }),
            objectSchema({ strData: TEXT }),
            objectSchema({ binData: { type: 'string', contentEncoding: 'base64' } }),
          ],
          properties: { meta: META },
        },
        example: { meta: { puid: 'my-id' }, jsonData: record },
      },
    },
    answer: jsonAnswer({
      ...objectSchema({ meta: objectSchema({ puid: TEXT, requestPath: { type: 'object' } }) }),
      anyOf: ['data', 'jsonData', 'strData', 'binData'].map((key) => ({ required: [key] })),
    }),
  });
}

const seldonFeedback = (): Node =>
  seldon({
    summary: 'What became of a prediction: its truth, its reward, or both.',
    body: {
      [JSON_TYPE]: {
        schema: {
          type: 'object',
          properties: {
            response: { type: 'object', properties: { meta: META } },
            request: { type: 'object', properties: { meta: META } },
            reward: { type: 'number' },
            truth: { type: 'object' },
          },
        },
        example: { response: { meta: { puid: 'my-id' } }, reward: 1, truth: { data: { ndarray: [[1]] } } },
      },
    },
    answer: jsonAnswer(objectSchema({ data: { type: 'object' }, meta: objectSchema({ puid: TEXT }) })),
  });

const seldonMetadata = ({ name }: DescribedModel): Node =>
  seldon({
    summary: `Inputs and outputs of ${name}.`,
    answer: jsonAnswer(
      objectSchema({
        name: TEXT,
        models: { type: 'object' },
        graphinputs: { type: 'array' },
        graphoutputs: { type: 'array' },
      }),
    ),
  });
