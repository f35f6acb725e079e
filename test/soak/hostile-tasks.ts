import { connect } from 'node:http2';
import { answersOn, type ClientResponse, type HttpClient } from '../fixtures/http-client.ts';
import type { Case } from './models.ts';
import type { PredictionFormat } from './prediction-format.ts';
import { type Task, WrongAnswerError } from './task.ts';

const MEGABYTE = 1024 * 1024;
/** How many chunks of one byte a body has at least. */
const CHUNKS = 20_000;

export interface HostileCallers {
  readonly client: HttpClient;
  /** Address of gRPC, `host:port`. */
  readonly grpc: string;
  /** How a prediction is asked for by a body of JSON, which spaces may follow. */
  readonly format: PredictionFormat;
  readonly cases: readonly Case[];
  /** @throws WrongAnswerError unless the answer is right */
  readonly check: (format: PredictionFormat, cases: readonly Case[], answer: ClientResponse) => void;
}

/** What takes room without a use for it, over HTTP and gRPC: each is ended by the server, and says why. */
export function hostileTasks({ client, grpc, format, cases, check }: HostileCallers): Task[] {
  return [
    {
      name: 'promises of 6 MB',
      weight: 0.2,
      async run() {
        const socket = await client.connect();
        const answers = answersOn(socket);
        socket.write(
          `POST /v2/models/tree/infer HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${6 * MEGABYTE}\r\n\r\n`,
        );
        const [answer] = await answers;
        const told = answer?.body.toString('utf8') ?? 'nothing';
        if (answer?.status !== 408 || !told.includes('too slowly'))
          throw new WrongAnswerError(`a body that never came: ${answer?.status} ${told}`);
      },
    },
    {
      name: 'chunks of one byte',
      weight: 0.3,
      async run(random) {
        const chosen = Array.from({ length: 1 + random.below(format.rows) }, () => random.pick(cases));
        const { path, headers = {}, body = '' } = format.ask(chosen.map(({ row }) => row));
        const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
        const text = Buffer.from(body as string)
          .toString('latin1')
          .padEnd(CHUNKS);
        const socket = await client.connect();
        const answers = answersOn(socket);
        socket.write(
          `POST ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ntransfer-encoding: chunked\r\n${lines.join('')}\r\n`,
        );
        socket.write(Buffer.from(`${[...text].map((byte) => `1\r\n${byte}\r\n`).join('')}0\r\n\r\n`, 'latin1'));
        const [answer] = await answers;
        if (answer === undefined) throw new WrongAnswerError('chunks of one byte were not answered');
        check(format, chosen, answer);
      },
    },
    {
      name: 'gRPC messages without an end',
      weight: 0.2,
      async run() {
        const status = await unfinished(grpc);
        // DEADLINE_EXCEEDED
        if (status !== '4') throw new WrongAnswerError(`a message of gRPC that never ended: status ${status}`);
      },
    },
  ];
}

/** Begins a message of gRPC, and waits. @returns the status that the call ends with */
function unfinished(address: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://${address}`);
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelInfer',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    let status: string | undefined;
    stream.on('response', (headers) => {
      status = headers['grpc-status'] as string | undefined;
    });
    stream.on('error', reject);
    stream.on('close', () => {
      session.destroy();
      resolve(status);
    });
    stream.resume();
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(MEGABYTE, 1);
    stream.write(prefix);
  });
}
