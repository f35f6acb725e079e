import type { Feature } from '../core/contract/contract.ts';
import type { Fetch } from '../platform/aws/service.ts';
import type { Flight } from './flights.ts';

/** One answer, as a caller of the endpoint sees it. */
export interface PredictionReply {
  readonly id: string;
  readonly version: number;
  readonly variant: string;
  /** Probability of the positive class of each row. */
  readonly probabilities: number[];
  readonly milliseconds: number;
  /** Milliseconds since 1970 when it arrived. */
  readonly at: number;
}

/** A caller of the endpoint over a real socket, in the protocols that other servers speak. */
export class Caller {
  constructor(
    readonly url: string,
    readonly model: string,
    readonly features: readonly Feature[],
    /** How requests are sent; one that signs, where callers have to be known. */
    private readonly send: Fetch = fetch,
  ) {}

  /** Open Inference Protocol v2. */
  async v2(flights: readonly Flight[], id?: string): Promise<PredictionReply> {
    const inputs = this.features.map(({ name, type }) => ({
      name,
      shape: [flights.length, 1],
      datatype: type === 'string' ? 'BYTES' : 'FP32',
      data: flights.map((flight) => flight.features[name] ?? (type === 'string' ? '' : null)),
    }));
    return this.#post(`/v2/models/${this.model}/infer`, { ...(id === undefined ? {} : { id }), inputs }, (body) => {
      const output = (body.outputs as { name: string; data: number[] }[]).find((o) => o.name === 'probabilities');
      return output?.data.filter((_, i) => i % 2 === 1) ?? [];
    });
  }

  /** TensorFlow Serving's v1, row format. */
  async v1(flights: readonly Flight[]): Promise<PredictionReply> {
    const instances = flights.map((flight) =>
      Object.fromEntries(
        this.features.map(({ name, type }) => [name, [flight.features[name] ?? (type === 'string' ? '' : null)]]),
      ),
    );
    return this.#post(`/v1/models/${this.model}:predict`, { instances }, (body) =>
      (body.predictions as { probabilities: number[] }[]).map((p) => p.probabilities[1]!),
    );
  }

  /** Sends what turned out to be true. */
  async truth(records: readonly { id: string; truth: number }[]): Promise<void> {
    const response = await this.send(`${this.url}/trimtab/v1/models/${this.model}/truth`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ records }),
    });
    if (response.status !== 202) throw new Error(`truth: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  }

  /** Body of a GET, parsed. */
  async get(path: string): Promise<Record<string, unknown>> {
    const response = await this.send(`${this.url}${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  }

  async #post(
    path: string,
    message: unknown,
    read: (body: Record<string, unknown>) => number[],
  ): Promise<PredictionReply> {
    const from = performance.now();
    const response = await this.send(`${this.url}${path}`, { method: 'POST', body: JSON.stringify(message) });
    const text = await response.text();
    const milliseconds = performance.now() - from;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return {
      id: response.headers.get('x-trimtab-prediction-id') ?? '',
      version: Number(response.headers.get('x-trimtab-model-version')),
      variant: response.headers.get('x-trimtab-variant') ?? '',
      probabilities: read(JSON.parse(text) as Record<string, unknown>),
      milliseconds,
      at: Date.now(),
    };
  }
}
