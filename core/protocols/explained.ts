import type { ExplainOptions, Explanation } from '../explain/explanation.ts';
import { MAX_PARTS } from '../explain/grid.ts';
import type { HttpRequest } from '../serving/http.ts';
import { kindOf } from './formats/tensors.ts';
import {
  clip,
  type ExplainCall,
  type InferCall,
  json,
  type Parameters,
  ProtocolError,
  type ProtocolModel,
} from './protocol.ts';
import { decodeV1 } from './v1/predict.ts';
import { decodeV2 } from './v2/infer.ts';

/** KServe v1's explanation: the answer of a prediction with `explanations` beside it. */
export function decodeExplainV1(request: HttpRequest, wire: ProtocolModel): ExplainCall {
  const call = decodeV1(request, wire);
  return {
    ...explainCall(call, request),
    encode(result) {
      const predicted = call.encode(result);
      const members = String(predicted.body).slice(0, -1);
      return { ...predicted, body: `${members},"explanations":${JSON.stringify(result.explanation)}}` };
    },
  };
}

/**
 * An explanation in the Open Inference Protocol, which has none of its own: MLServer's way, a text `explanation` that
 * holds everything as JSON, and beside it the numbers as tensors.
 */
export function decodeExplainV2(request: HttpRequest, wire: ProtocolModel): ExplainCall {
  const call = decodeV2(request, wire);
  return {
    ...explainCall(call, request),
    encode: ({ model, version, id, explanation }) => {
      const { rows, features } = explanation;
      const table = (name: string, of: (row: Explanation['rows'][number]) => readonly number[]) => ({
        name,
        datatype: 'FP64',
        shape: [rows.length, features.length],
        data: rows.flatMap(of),
      });
      const errors = rows.every(({ standardErrors }) => standardErrors !== undefined);
      return json(200, {
        model_name: model,
        model_version: String(version),
        id,
        outputs: [
          {
            name: 'explanation',
            datatype: 'BYTES',
            shape: [1],
            parameters: { content_type: 'str' },
            data: [JSON.stringify(explanation)],
          },
          { name: 'features', datatype: 'BYTES', shape: [features.length], data: features },
          table('values', (row) => row.values),
          ...(errors ? [table('standard_errors', (row) => row.standardErrors!)] : []),
          { name: 'base_values', datatype: 'FP64', shape: [rows.length], data: rows.map((row) => row.baseValue) },
        ],
      });
    },
  };
}

/** What any protocol's request for a prediction says when an explanation is asked for; its encoding is left to it. */
export function explainCall(call: InferCall, request: HttpRequest): Omit<ExplainCall, 'encode'> {
  const { encode: _, ...rest } = call;
  return { ...rest, options: optionsOf({ ...call.parameters, ...request.query }) };
}

/**
 * Options out of the request's parameters and its query, which has the last word. Others have parameters of their own
 * there, so that what is not known is not refused.
 *
 * @throws ProtocolError 400
 */
export function optionsOf(given: Parameters): ExplainOptions {
  const column = integer(given, 'column', 0);
  const permutations = integer(given, 'permutations', 1);
  const grid = integer(given, 'grid', 1, MAX_PARTS);
  const budgetMs = integer(given, 'budget_ms', 1);
  const method = oneOf(given, 'method', ['exact', 'sampled'] as const);
  const scale = oneOf(given, 'scale', ['raw', 'output'] as const);
  const output = given.output;
  if (output !== undefined && typeof output !== 'string')
    throw new ProtocolError(400, `output is ${kindOf(output)}, expected the name of one`);
  return {
    ...(output === undefined ? {} : { output }),
    ...(column === undefined ? {} : { column }),
    ...(method === undefined ? {} : { method }),
    ...(scale === undefined ? {} : { scale }),
    ...(permutations === undefined ? {} : { permutations }),
    ...(grid === undefined ? {} : { grid }),
    ...(budgetMs === undefined ? {} : { budgetMs }),
  };
}

function integer(given: Parameters, name: string, least: number, most = 1e9 - 1): number | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  const number =
    typeof value === 'string' && /^\d{1,9}$/.test(value)
      ? Number(value)
      : Number.isInteger(value)
        ? (value as number)
        : typeof value === 'bigint'
          ? Number(value)
          : Number.NaN;
  if (!(number >= least && number <= most))
    throw new ProtocolError(
      400,
      `${name} is ${clip(String(value))}, expected a whole number from ${least}${most < 1e9 - 1 ? ` to ${most}` : ''}`,
    );
  return number;
}

function oneOf<T extends string>(given: Parameters, name: string, allowed: readonly T[]): T | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  const found = allowed.find((each) => each === value);
  if (found === undefined)
    throw new ProtocolError(400, `${name} is ${clip(String(value))}, expected ${allowed.join(' or ')}`);
  return found;
}
