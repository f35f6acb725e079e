import type { ExplainOptions } from '../explain/explanation.ts';
import { MAX_PARTS } from '../explain/grid.ts';
import type { HttpRequest } from '../serving/http.ts';
import { kindOf } from './formats/tensors.ts';
import { clip, type ExplainCall, type InferCall, type Parameters, ProtocolError } from './protocol.ts';

/**
 * Makes a request for an explanation of a decoded request for a prediction, in any protocol. The answer's form differs
 * by protocol, so each adds an `encode` of its own.
 *
 * @throws ProtocolError 400 when an option has a value that it cannot have
 */
export function explainCall(call: InferCall, request: HttpRequest): Omit<ExplainCall, 'encode'> {
  const { encode: _, ...rest } = call;
  return { ...rest, options: explainOptionsOf({ ...call.parameters, ...request.query }) };
}

/**
 * Reads the options of an explanation out of parameters. Unknown names are ignored, because parameters are shared with
 * options of the protocol that mean nothing here.
 */
function explainOptionsOf(given: Parameters): ExplainOptions {
  const column = integer(given, 'column', 0);
  const permutations = integer(given, 'permutations', 1);
  const grid = integer(given, 'grid', 1, MAX_PARTS);
  const budgetMs = integer(given, 'budget_ms', 1);
  const method = oneOf(given, 'method', ['exact', 'sampled'] as const);
  const scale = oneOf(given, 'scale', ['raw', 'output'] as const);
  const output = given.output;
  if (output !== undefined && typeof output !== 'string')
    throw new ProtocolError(400, `output is ${kindOf(output)}, expected the name of one`);
  const of = given.class;
  if (of !== undefined && typeof of !== 'string' && typeof of !== 'number' && typeof of !== 'bigint')
    throw new ProtocolError(400, `class is ${kindOf(of)}, expected the name of one`);
  return {
    ...(output === undefined ? {} : { output }),
    ...(column === undefined ? {} : { column }),
    ...(of === undefined ? {} : { class: String(of) }),
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
  const number = wholeNumber(value);
  if (!(number >= least && number <= most))
    throw new ProtocolError(
      400,
      `${name} is ${clip(String(value))}, expected a whole number from ${least}${most < 1e9 - 1 ? ` to ${most}` : ''}`,
    );
  return number;
}

/** A whole number, be it written as text, as in a query; NaN for everything else. */
function wholeNumber(value: unknown): number {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  return Number.isInteger(value) ? (value as number) : Number.NaN;
}

function oneOf<T extends string>(given: Parameters, name: string, allowed: readonly T[]): T | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  const found = allowed.find((each) => each === value);
  if (found === undefined)
    throw new ProtocolError(400, `${name} is ${clip(String(value))}, expected ${allowed.join(' or ')}`);
  return found;
}
