import { type Client, credentials, type Metadata, type ServiceError } from '@grpc/grpc-js';
import type { ModelInferResponse } from '../../server/grpc/messages.ts';
import { GRPCInferenceService } from '../../server/grpc/service-definition.ts';
import { LostError } from '../fixtures/http-client.ts';
import type { Case } from './models.ts';
import { everyLast } from './prediction-format.ts';

type Infer = (
  message: object,
  options: { deadline: number },
  callback: (error: ServiceError | null, answer: ModelInferResponse) => void,
) => { on(event: 'metadata', take: (metadata: Metadata) => void): void };

const PATIENCE_MS = 120_000;

/** Asks over gRPC, on one connection that it keeps. */
export class GrpcCaller {
  readonly #client: Client & { ModelInfer: Infer };

  constructor(address: string) {
    this.#client = new GRPCInferenceService(address, credentials.createInsecure()) as never;
  }

  /** Asks for the last output's scores. @throws LostError for anything but an answer */
  async infer(
    kind: 'typed' | 'raw',
    model: string,
    input: string,
    cases: readonly Case[],
  ): Promise<{ version: number; scores: number[] }> {
    const values = cases.flatMap(({ row }) => Object.values(row).map(Number));
    const tensor = { name: input, datatype: 'FP32', shape: [cases.length, values.length / cases.length].map(String) };
    const message =
      kind === 'raw'
        ? { model_name: model, inputs: [tensor], raw_input_contents: [Buffer.from(Float32Array.from(values).buffer)] }
        : { model_name: model, inputs: [{ ...tensor, contents: { fp32_contents: values } }] };
    const answer = await new Promise<ModelInferResponse>((resolve, reject) =>
      this.#client.ModelInfer(message, { deadline: Date.now() + PATIENCE_MS }, (error, response) =>
        error ? reject(new LostError(`gRPC ${kind}: ${error.message}`)) : resolve(response),
      ),
    );
    const last = answer.outputs.length - 1;
    const block = answer.raw_output_contents[last];
    const data =
      block === undefined
        ? answer.outputs[last]!.contents!.fp32_contents!
        : Array.from({ length: block.length / 4 }, (_, i) => Buffer.from(block).readFloatLE(4 * i));
    return { version: Number(answer.model_version), scores: everyLast(data, cases.length) };
  }

  close(): void {
    this.#client.close();
  }
}
