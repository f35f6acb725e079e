import type { DescribedModel } from './described-model.ts';
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
import {
  columnsSchema,
  featureColumns,
  instanceSchema,
  type Node,
  outputRowSchema,
  predictionSchema,
  recordSchema,
} from './schema.ts';

const TAG = 'TensorFlow Serving and KServe v1';
const part = (rest: Omit<OpenApiPart, 'tag' | 'error'>): Node => operation({ tag: TAG, error: 'Error', ...rest });

export const v1Paths = (): Record<string, Node> => ({
  '/': { get: part({ summary: 'Whether it runs.', answer: jsonAnswer(objectSchema({ status: { const: 'alive' } })) }) },
  '/v1/models': { get: part({ summary: 'The models.', answer: jsonAnswer(objectSchema({ models: arrayOf(TEXT) })) }) },
});

const STATUS = objectSchema({
  name: TEXT,
  ready: { type: 'boolean' },
  model_version_status: arrayOf(
    objectSchema({
      version: TEXT,
      state: { const: 'AVAILABLE' },
      status: objectSchema({ error_code: TEXT, error_message: TEXT }),
    }),
  ),
});

export function v1ModelPaths(model: DescribedModel): Record<string, Node> {
  const base = `/v1/models/${model.name}`;
  const version = versionIn(model.versions);
  const label = inPath('label', { enum: ['champion', 'stable'] }, 'Which of the versions that are served.');
  const predict = (parameters?: Node[]) => ({
    post: part({
      summary: `Predict with ${model.name}.`,
      ...(parameters === undefined ? {} : { parameters }),
      body: bodyOf(model),
      answer: jsonAnswer(predictionsSchema(model)),
    }),
  });
  return {
    [base]: { get: part({ summary: `State of ${model.name}.`, answer: jsonAnswer(STATUS) }) },
    [`${base}/metadata`]: {
      get: part({
        summary: `Signature of ${model.name}.`,
        answer: jsonAnswer(objectSchema({ model_spec: { type: 'object' }, metadata: { type: 'object' } })),
      }),
    },
    [`${base}:predict`]: predict(),
    [`${base}/versions/{version}:predict`]: predict([version]),
    [`${base}/labels/{label}:predict`]: predict([label]),
    [`${base}:explain`]: {
      post: part({
        summary: `Shapley values of predictions of ${model.name}.`,
        body: bodyOf(model),
        answer: jsonAnswer({
          ...predictionsSchema(model),
          properties: { ...(predictionsSchema(model).properties as Node), explanations: { type: 'object' } },
        }),
      }),
    },
    ...Object.fromEntries(
      (['classify', 'regress'] as const).map((verb) => [
        `${base}:${verb}`,
        {
          post: part({
            summary: `${verb === 'classify' ? 'Classes and scores' : 'Values'} of examples, where ${model.name} has such an output.`,
            body: {
              [JSON_TYPE]: {
                schema: {
                  type: 'object',
                  required: ['examples'],
                  properties: { context: { type: 'object' }, examples: arrayOf(recordSchema(model.protocolModel), 1) },
                },
                example: { examples: [model.record] },
              },
            },
            answer: jsonAnswer(objectSchema({ results: { type: 'array' } })),
          }),
        },
      ]),
    ),
  };
}

/** Row format, or column format. */
export const bodyOf = (model: DescribedModel): NonNullable<OpenApiPart['body']> => ({
  [JSON_TYPE]: {
    schema: {
      oneOf: [
        {
          type: 'object',
          required: ['instances'],
          properties: { instances: arrayOf(rowOf(model.protocolModel), 1) },
          not: { required: ['inputs'] },
        },
        {
          type: 'object',
          required: ['inputs'],
          properties: { inputs: columnsSchema(model.protocolModel) },
          not: { required: ['instances'] },
        },
      ],
    },
    example: { instances: [model.instance] },
  },
});

/** An instance, or a record of features where they share inputs. */
function rowOf(protocolModel: DescribedModel['protocolModel']): Node {
  const instance = instanceSchema(protocolModel);
  return featureColumns(protocolModel).length === 0 ? instance : { anyOf: [instance, recordSchema(protocolModel)] };
}

/** `predictions` where outputs are by row; `outputs` too where the request came by column. */
export function predictionsSchema({ protocolModel }: DescribedModel): Node {
  const { outputs } = protocolModel.signature;
  const [only, second] = outputs;
  const tensor = (spec: (typeof outputs)[number]): Node =>
    spec.shape.length === 0 ? {} : arrayOf(outputRowSchema(spec));
  return {
    type: 'object',
    properties: {
      predictions: arrayOf(predictionSchema(protocolModel)),
      outputs:
        only !== undefined && second === undefined
          ? tensor(only)
          : objectSchema(Object.fromEntries(outputs.map((spec) => [spec.name, tensor(spec)]))),
    },
    anyOf: [{ required: ['predictions'] }, { required: ['outputs'] }],
  };
}
