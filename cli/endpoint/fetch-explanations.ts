import type { Explanation } from '../../core/explain/explanation.ts';
import { UsageError } from '../errors.ts';
import type { EndpointClient } from './client.ts';
import type { ExplanationsView, ImportanceView } from './explanations-view.ts';
import type { RequestRow, Requests } from './requests.ts';

/** What is asked for, as it was typed. */
export interface ExplainQuery {
  readonly output?: string;
  readonly column?: string;
  readonly class?: string;
  readonly method?: string;
  readonly scale?: string;
}

/** Rows in one request. */
const BATCH = 32;

/** Asks why a model answers what it answers: for all rows, some at a time. */
export async function fetchExplanations(
  endpoint: EndpointClient,
  model: string,
  { output, column, class: of, method, scale }: ExplainQuery,
  { rows, message }: Requests,
): Promise<ExplanationsView> {
  const query = new URLSearchParams(
    Object.entries({ output, column, class: of, method, scale }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  const path = `/v2/models/${model}/explain${query.size === 0 ? '' : `?${query}`}`;
  const ask = async (some: readonly RequestRow[]) => {
    const { model_version: version, outputs } = (await endpoint.ask(path, message(some))).body as {
      model_version: string;
      outputs: { name: string; data: string[] }[];
    };
    const text = outputs.find(({ name }) => name === 'explanation')!.data[0]!;
    return { version: Number(version), explanation: JSON.parse(text) as Explanation };
  };
  const { version, explanation: first } = await ask(rows.slice(0, BATCH));
  const parts = [first];
  for (let from = BATCH; from < rows.length; from += BATCH) {
    const part = (await ask(rows.slice(from, from + BATCH))).explanation;
    if (part.features.join() !== first.features.join())
      throw new UsageError(
        `rows from ${from} on are cut into other cells than those before, as time allowed: explain ${BATCH} at most with --limit`,
      );
    parts.push(part);
  }
  const named = [...first.features, ...first.fixed];
  return {
    model,
    version,
    method: first.method,
    reason: first.reason ?? null,
    output: first.output,
    column: first.column,
    scale: first.scale,
    link: first.link,
    background: first.background,
    backgroundRows: Math.min(...parts.map(({ backgroundRows }) => backgroundRows)),
    permutations: first.permutations ?? null,
    complete: parts.every(({ complete }) => complete),
    features: [...first.features],
    fixed: [...first.fixed],
    grid: gridOf(first),
    rows: parts
      .flatMap((part) => part.rows)
      .map(({ column, class: of, baseValue, value, values, standardErrors }, i) => ({
        inputs: inputsOf(rows[i]!, named),
        column,
        class: of ?? null,
        baseValue,
        value,
        values: [...values],
        standardErrors: standardErrors === undefined ? null : [...standardErrors],
      })),
  };
}

function gridOf({ grid }: Explanation): ExplanationsView['grid'] {
  if (grid === undefined) return null;
  return { input: grid.input, axes: [...grid.axes], edges: grid.edges.map((edges) => [...edges]) };
}

/** What features do on the whole: the mean size of their values over the rows. */
export function importanceOf({ rows, ...head }: ExplanationsView): ImportanceView {
  const meanSize = (i: number): number => rows.reduce((sum, { values }) => sum + Math.abs(values[i]!), 0) / rows.length;
  return {
    ...head,
    explained: rows.length,
    importance: head.features.map((name, i) => ({ name, meanSize: meanSize(i) })),
  };
}

type Inputs = ExplanationsView['rows'][number]['inputs'];

/** Of a row the columns that features are named after: cells of tensors have none of their own. */
const inputsOf = (row: RequestRow, named: readonly string[]): Inputs =>
  Object.fromEntries(named.flatMap((name) => (Object.hasOwn(row, name) ? [[name, scalarOf(row[name])]] : [])));

/** A value of a data file as JSON holds it. */
function scalarOf(value: unknown): Inputs[string] {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'object' && !(value instanceof Date) ? JSON.stringify(value) : String(value);
}
