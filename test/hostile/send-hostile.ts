import type { HttpResponse } from '../../core/serving/http.ts';
import { answersOn, type ClientResponse, type HttpClient, LostError } from '../fixtures/http-client.ts';
import { formatRequest, malformedRequestProblem, responseProblem } from './check-response.ts';
import { type GrpcMutantClient, grpcProblem } from './grpc-mutants.ts';
import { type Transmission, transmission } from './protocol-mutants.ts';

export interface HostileOptions {
  readonly client: HttpClient;
  /** Absent: everything goes over HTTP. */
  readonly grpc?: GrpcMutantClient;
  /** Asks for something right in between. @throws when it is not answered right */
  readonly good: () => Promise<void>;
  /** The first seed. */
  readonly from: number;
  /** Bad requests, at least; several may go on one connection. */
  readonly count: number;
  /** Connections at once. */
  readonly callers: number;
}

export interface HostileResult {
  /** Bad requests sent. */
  readonly sent: number;
  /** By HTTP status, or by the name of gRPC's. */
  readonly answers: ReadonlyMap<string, number>;
  /** Good requests in between. */
  readonly good: number;
  /** What was not as it should be, with the seed that repeats it. */
  readonly faults: readonly string[];
}

/** One in so many seeds goes over gRPC; one in so many is followed by a good request. */
const GRPC_EVERY = 6;
const GOOD_EVERY = 40;

/** Sends what is wrong over sockets; everything sent has to be answered, in its own form, and never as a fault of the server. */
export async function sendHostile(options: HostileOptions): Promise<HostileResult> {
  const { client, grpc, from, count, callers } = options;
  const answers = new Map<string, number>();
  const faults: string[] = [];
  let sent = 0;
  let good = 0;
  let seed = from;
  const saw = (name: string | number): void => {
    answers.set(String(name), (answers.get(String(name)) ?? 0) + 1);
  };
  const caller = async (): Promise<void> => {
    while (sent < count) {
      const own = seed++;
      try {
        if (grpc !== undefined && own % GRPC_EVERY === 0) {
          sent++;
          const answer = await grpc.send(own);
          saw(answer.name);
          const found = grpcProblem(answer);
          if (found !== undefined) faults.push(`seed ${own}: gRPC, ${answer.what}: ${found}`);
        } else {
          const what = transmission(own);
          sent += what.requests?.length ?? 1;
          const received = await send(client, what);
          for (const { status } of received) saw(status);
          const found = connectionProblem(what, received);
          if (found !== undefined) faults.push(`seed ${own}: ${found}`);
        }
        if (own % GOOD_EVERY === 0) {
          good++;
          await options.good();
        }
      } catch (error) {
        faults.push(`seed ${own}: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`);
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { sent, answers, good, faults };
}

/** Sends all of it, and that this was all. */
async function send(client: HttpClient, { bytes, requests }: Transmission): Promise<ClientResponse[]> {
  const socket = await client.connect();
  const answers = answersOn(
    socket,
    requests?.map(({ method }) => method),
  );
  socket.end(bytes);
  return answers;
}

/** What is wrong with the answers on one connection. */
function connectionProblem({ bytes, requests }: Transmission, answers: readonly ClientResponse[]): string | undefined {
  const shown = bytes.toString('latin1', 0, 300);
  if (requests === undefined) {
    if (answers.length === 0) return `no answer to ${JSON.stringify(shown)}`;
    const found = answers
      .map(responseOf)
      .map(malformedRequestProblem)
      .find((each) => each !== undefined);
    return found && `${found}, to ${JSON.stringify(shown)}`;
  }
  if (answers.length !== requests.length)
    return `${answers.length} answers to ${requests.length} requests: ${JSON.stringify(shown)}`;
  for (const [i, answer] of answers.entries()) {
    const found = responseProblem(requests[i]!, responseOf(answer));
    if (found !== undefined) return `${found}, to ${formatRequest(requests[i]!)}`;
  }
  return undefined;
}

const responseOf = ({ status, headers, body }: ClientResponse): HttpResponse => {
  if (Number.isNaN(status)) throw new LostError('no status');
  return { status, headers: lowered(headers), body: new Uint8Array(body) };
};

/** Without those that node:http adds by itself. */
const lowered = (headers: ClientResponse['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !['connection', 'keep-alive', 'date'].includes(name)));
