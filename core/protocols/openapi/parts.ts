import type { Node } from './schema.ts';

/** The forms of error, one a protocol; `components.responses` has them under these names. */
export const ERRORS = {
  Error: objectSchema({ error: { type: 'string' } }),
  TorchServeError: objectSchema({ code: { type: 'integer' }, type: { type: 'string' }, message: { type: 'string' } }),
  SeldonError: objectSchema({
    status: objectSchema({
      status: { const: 1 },
      info: { type: 'string' },
      code: { const: -1 },
      reason: { type: 'string' },
    }),
  }),
  SageMakerError: {
    ...objectSchema({ ErrorCode: { type: 'string' }, Message: { type: 'string' } }),
  },
  MlflowError: objectSchema({ error_code: { type: 'string' }, message: { type: 'string' } }),
} as const;

export type ErrorName = keyof typeof ERRORS;

export function objectSchema(properties: Node): Node {
  return { type: 'object', properties, required: Object.keys(properties) };
}

export const arrayOf = (items: Node, least = 0): Node => ({
  type: 'array',
  items,
  ...(least > 0 ? { minItems: least } : {}),
});
export const TEXT: Node = { type: 'string' };

/** What an operation is made of. */
export interface OpenApiPart {
  readonly tag: string;
  readonly summary: string;
  readonly error: ErrorName;
  /** Schemas of the answer by content type. */
  readonly answer: Node;
  /** Of the answer. @default 200 */
  readonly status?: 200 | 202;
  /** Schemas and examples of the body by content type. */
  readonly body?: Readonly<Record<string, { readonly schema: Node; readonly example?: unknown }>>;
  /** A body may be left out. */
  readonly optional?: boolean;
  readonly parameters?: readonly Node[];
}

/** An operation, with the errors that any of its protocol may have. */
export function operation({
  tag,
  summary,
  error,
  answer,
  status = 200,
  body,
  optional,
  parameters,
}: OpenApiPart): Node {
  const fault = { $ref: `#/components/responses/${error}` };
  return {
    tags: [tag],
    summary,
    ...(parameters === undefined ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: optional !== true, content: body } }),
    responses: {
      [status]: {
        description: 'The answer.',
        headers: { 'x-request-id': { $ref: '#/components/headers/RequestId' } },
        content: Object.fromEntries(Object.entries(answer).map(([type, schema]) => [type, { schema }])),
      },
      '4XX': fault,
      '5XX': fault,
    },
  };
}

export const JSON_TYPE = 'application/json';
export const jsonAnswer = (schema: Node): Node => ({ [JSON_TYPE]: schema });

export const inPath = (name: string, schema: Node, description: string): Node => ({
  name,
  in: 'path',
  required: true,
  schema,
  description,
});

export const inHeader = (name: string, description: string): Node => ({
  name,
  in: 'header',
  required: false,
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,64}$' },
  description,
});

/** A version of a model; only these are served now. */
export const versionIn = (versions: readonly number[]): Node =>
  inPath('version', { type: 'integer', enum: [...new Set(versions)] }, 'A version that is served.');
