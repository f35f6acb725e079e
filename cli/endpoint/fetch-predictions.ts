import { parseJson } from '../../core/protocols/formats/json.ts';
import type { EndpointClient } from './client.ts';
import type { PredictionsView } from './predictions-view.ts';

type Element = PredictionsView['outputs'][number]['data'][number];

interface InferAnswer {
  readonly model_name: string;
  readonly model_version: string;
  readonly id?: string;
  readonly parameters?: PredictionsView['parameters'];
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: number[];
    readonly data: readonly unknown[];
  }[];
}

/** Asks for predictions in the Open Inference Protocol. */
export async function fetchPredictions(
  endpoint: EndpointClient,
  model: string,
  message: object,
): Promise<PredictionsView> {
  const { text } = await endpoint.ask(`/v2/models/${model}/infer`, message);
  // JSON.parse would round integers that a number does not hold.
  const answer = parseJson(text, true) as InferAnswer;
  return {
    model: answer.model_name,
    version: Number(answer.model_version),
    id: answer.id ?? null,
    parameters: answer.parameters ?? null,
    outputs: answer.outputs.map(({ name, datatype, shape, data }) => ({
      name,
      datatype,
      shape,
      data: data.map(elementOf),
    })),
  };
}

function elementOf(value: unknown): Element {
  if (typeof value === 'bigint') return String(value);
  // A whole number that was not written as an integer.
  return value instanceof Number ? Number(value) : (value as Element);
}
