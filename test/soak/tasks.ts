import type { Socket } from 'node:net';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import {
  answersOn,
  bytesOf,
  type ClientRequest,
  type ClientResponse,
  type HttpClient,
} from '../fixtures/http-client.ts';
import { responseProblem } from '../hostile/check-response.ts';
import { hostileRequest } from '../hostile/mutate.ts';
import type { Random } from '../hostile/random.ts';
import type { GrpcCaller } from './grpc.ts';
import { hostileTasks } from './hostile-tasks.ts';
import type { Case, SoakModels } from './models.ts';
import { JSON_TYPE, jsonOf, type PredictionFormat } from './prediction-format.ts';
import { mlflowFormats, tableFormats } from './table-formats.ts';
import { type Task, WrongAnswerError } from './task.ts';
import { vectorFormats } from './vector-formats.ts';

export interface Callers {
  readonly client: HttpClient;
  readonly grpc: GrpcCaller;
  /** Address of gRPC, `host:port`. */
  readonly address: string;
  readonly models: SoakModels;
  readonly disk: DiskState;
}

/** Whether records may have been refused because nothing could be written. */
export interface DiskState {
  /** @param at by `performance.now()` */
  brokenSince(at: number): boolean;
}

/** Rounding may differ where rows are put together. */
const TOLERANCE = 1e-5;

/** @throws WrongAnswerError unless the answer is a success */
function expectOk(what: string, { status, headers, body }: ClientResponse): void {
  if (status !== 200 && status !== 202)
    throw new WrongAnswerError(
      `${what}: status ${status}, retry-after ${headers['retry-after']}: ${body.toString('utf8').slice(0, 300)}`,
    );
}

/** @throws WrongAnswerError unless the scores are what the version's graph says by itself */
export function expectScores(what: string, version: number, cases: readonly Case[], scores: readonly number[]): void {
  if (scores.length !== cases.length)
    throw new WrongAnswerError(`${what}: ${scores.length} scores of ${cases.length} rows`);
  for (const [i, score] of scores.entries()) {
    const truth = cases[i]!.truth.get(version);
    if (truth === undefined || !(Math.abs(score - truth) <= TOLERANCE * Math.max(1, Math.abs(truth))))
      throw new WrongAnswerError(`${what}: row ${i} of version ${version} is ${score}, expected ${truth}`);
  }
}

const pickCases = (cases: readonly Case[], most: number, random: Random): Case[] =>
  Array.from({ length: 1 + random.below(most) }, () => random.pick(cases));

/** All tasks of a soak. */
export function tasksOf({ client, grpc, address, models, disk }: Callers): Task[] {
  const asking = (format: PredictionFormat, cases: readonly Case[], weight: number): Task => ({
    name: `${format.model}: ${format.name}`,
    weight,
    async run(random) {
      const chosen = pickCases(cases, format.rows, random);
      const answer = await client.ask(format.ask(chosen.map(({ row }) => row)));
      checkAnswer(format, chosen, answer);
    },
  });
  const sum = (formats: readonly PredictionFormat[], cases: readonly Case[], weight: number): Task[] =>
    formats.map((format) => asking(format, cases, weight / formats.length));
  const trees = vectorFormats('tree', 'features', 'probabilities');
  return [
    ...sum(trees, models.trees, 20),
    ...sum(vectorFormats('perceptron', 'x', 'y'), models.perceptron, 20),
    ...sum(vectorFormats('large', 'x', 'y'), models.large, 8),
    ...sum(tableFormats('flight-delay'), models.flights, 20),
    ...sum([...tableFormats('pipeline'), ...mlflowFormats('pipeline')], models.pipeline, 12),
    grpcTask('typed', grpc, models, 4),
    grpcTask('raw', grpc, models, 4),
    explaining(client, models),
    picture(client, models),
    feedback(client, models, disk),
    showing(client),
    loading(client),
    slowSender(client, trees, models.trees),
    hangUp(client, trees, models.trees),
    slowReader(client, models.flights),
    bad(client),
    ...hostileTasks({ client, grpc: address, format: trees[0]!, cases: models.trees, check: checkAnswer }),
    endless(client),
  ];
}

function checkAnswer(format: PredictionFormat, cases: readonly Case[], answer: ClientResponse): void {
  const what = `${format.model} by ${format.name}`;
  expectOk(what, answer);
  const version = Number(answer.headers['x-trimtab-model-version']);
  expectScores(what, version, cases, format.read(answer, cases.length));
}

const grpcTask = (kind: 'typed' | 'raw', grpc: GrpcCaller, models: SoakModels, weight: number): Task => ({
  name: `gRPC ${kind}`,
  weight,
  async run(random) {
    const [model, input, cases] = random.pick([
      ['tree', 'features', models.trees],
      ['perceptron', 'x', models.perceptron],
    ] as const);
    const chosen = pickCases(cases, 10, random);
    const { version, scores } = await grpc.infer(kind, model, input, chosen);
    expectScores(`${model} by gRPC ${kind}`, version, chosen, scores);
  },
});

/** Shapley values add up to the score. */
const explaining = (client: HttpClient, models: SoakModels): Task => ({
  name: 'explanations',
  weight: 1,
  async run(random) {
    const { row } = random.pick(models.flights);
    const answer = await client.ask({
      path: '/v1/models/flight-delay:explain',
      headers: JSON_TYPE,
      body: JSON.stringify({ instances: [row] }),
    });
    expectOk('explain', answer);
    const { rows } = jsonOf(answer).explanations as {
      rows: { baseValue: number; value: number; values: number[] }[];
    };
    const { baseValue, value, values } = rows[0]!;
    const total = values.reduce((all, each) => all + each, baseValue);
    if (!(Math.abs(total - value) < 1e-4))
      throw new WrongAnswerError(`explain: values add up to ${total}, expected ${value}`);
  },
});

const picture = (client: HttpClient, models: SoakModels): Task => ({
  name: 'pictures',
  weight: 0.5,
  async run(random) {
    const { bytes, text } = random.pick(models.pictures);
    const answer = await client.ask({
      path: '/v1/models/label-reader:predict',
      headers: JSON_TYPE,
      body: JSON.stringify({ instances: [{ image: { b64: bytes.toString('base64') } }] }),
    });
    expectOk('picture', answer);
    const [{ text: read }] = jsonOf(answer).predictions as [{ text: string }];
    if (read !== text) throw new WrongAnswerError(`picture: read '${read}', expected '${text}'`);
  },
});

/** A prediction of Seldon's, and what became of it. */
const feedback = (client: HttpClient, models: SoakModels, disk: DiskState): Task => ({
  name: 'seldon feedback',
  weight: 2,
  async run(random) {
    const { row } = random.pick(models.flights);
    const puid = `soak-${random.below(2 ** 31)}`;
    const asked = { meta: { puid }, jsonData: row };
    const at = '/seldon/ns/flight-delay/api/v1.0';
    const predicted = await client.ask({ path: `${at}/predictions`, headers: JSON_TYPE, body: JSON.stringify(asked) });
    expectOk('seldon', predicted);
    if (predicted.headers['seldon-puid'] !== puid) throw new WrongAnswerError('seldon: another puid came back');
    const began = performance.now();
    const response = await client.ask({
      path: `${at}/feedback`,
      headers: JSON_TYPE,
      body: JSON.stringify({
        request: asked,
        response: jsonOf(predicted),
        reward: random.below(10),
        truth: { data: { ndarray: [[random.below(2)]] } },
      }),
    });
    // It is to be sent again, and never lost in silence.
    if (response.status === 503 && Number(response.headers['retry-after']) > 0 && disk.brokenSince(began)) return;
    expectOk('feedback', response);
  },
});

const SHOWN = [
  '/v2/health/live',
  '/v2/health/ready',
  '/v2/models',
  '/v2/models/tree',
  '/v2/models/stats',
  '/v1/models/flight-delay',
  '/v1/models/flight-delay/metadata',
  '/ping',
  '/models/tree',
  '/api/v1.0/metadata/tree',
  '/trimtab/v1/models/flight-delay/release',
  '/metrics',
  '/metrics',
  '/openapi.json',
];

/** What is shown of models, and scrapes, whose counters never fall. */
function showing(client: HttpClient): Task {
  let counted = 0;
  return {
    name: 'health, metadata, metrics',
    weight: 3,
    async run(random) {
      const path = random.pick(SHOWN);
      const before = counted;
      const answer = await client.ask({ method: 'GET', path });
      expectOk(path, answer);
      if (path !== '/metrics') return;
      let requests = 0;
      for (const line of answer.body.toString('utf8').split('\n'))
        if (line.startsWith('trimtab_requests_total{')) requests += Number(line.slice(line.lastIndexOf(' ')));
      if (requests < before) throw new WrongAnswerError(`metrics: ${requests} requests in all, there were ${before}`);
      counted = Math.max(counted, requests);
    },
  };
}

const loading = (client: HttpClient): Task => ({
  name: 'repository',
  weight: 0.3,
  async run(random) {
    const path = random.pick(['index', 'models/tree/load', 'models/flight-delay/load']);
    expectOk(path, await client.ask({ path: `/v2/repository/${path}`, headers: JSON_TYPE, body: '{}' }));
  },
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends a request in small pieces, and is answered like anybody else. */
const slowSender = (client: HttpClient, formats: readonly PredictionFormat[], cases: readonly Case[]): Task => ({
  name: 'slow senders',
  weight: 0.5,
  async run(random) {
    const format = random.pick(formats);
    const chosen = pickCases(cases, format.rows, random);
    const bytes = bytesOf(format.ask(chosen.map(({ row }) => row)));
    const socket = await client.connect();
    const answers = answersOn(socket);
    const pieces = 3 + random.below(5);
    for (let i = 0; i < pieces; i++) {
      socket.write(bytes.subarray((i * bytes.length) / pieces, ((i + 1) * bytes.length) / pieces));
      await pause(random.below(300));
    }
    checkAnswer(format, chosen, only(await answers));
  },
});

/** Goes away somewhere in the middle of a request, or without its answer. */
const hangUp = (client: HttpClient, formats: readonly PredictionFormat[], cases: readonly Case[]): Task => ({
  name: 'hang-ups',
  weight: 1,
  async run(random) {
    const format = random.pick(formats);
    const bytes = bytesOf(format.ask(pickCases(cases, format.rows, random).map(({ row }) => row)));
    const socket: Socket = await client.connect();
    socket.on('error', () => undefined);
    const whole = random.once(3);
    socket.write(bytes.subarray(0, whole ? bytes.length : random.below(bytes.length)));
    await pause(random.below(20));
    if (random.once(2)) socket.destroy();
    else socket.resetAndDestroy();
  },
});

/** Reads a large answer a little at a time. */
const slowReader = (client: HttpClient, cases: readonly Case[]): Task => ({
  name: 'slow readers',
  weight: 0.1,
  async run(random) {
    const [format] = tableFormats('flight-delay').filter(({ name }) => name === 'v1 objects');
    const chosen = Array.from({ length: 1_500 }, () => random.pick(cases));
    const socket = await client.connect();
    socket.pause();
    const answers = answersOn(socket);
    socket.write(bytesOf(format!.ask(chosen.map(({ row }) => row))));
    for (let i = 0; i < 10; i++) {
      socket.pause();
      await pause(50);
      socket.resume();
      await pause(1);
    }
    checkAnswer(format!, chosen, only(await answers));
  },
});

const only = (answers: readonly ClientResponse[]): ClientResponse => {
  if (answers.length !== 1) throw new WrongAnswerError(`${answers.length} answers to one request`);
  return answers[0]!;
};

/** What is wrong somehow, and answered in the form of its protocol. */
/** Somebody has a model run for hours: it is ended, and whoever comes back too soon is told when to. */
const endless = (client: HttpClient): Task => ({
  name: 'runs that never end',
  weight: 0.2,
  async run() {
    const body = JSON.stringify({ instances: [100_000_000_000] });
    const { status, headers, body: answer } = await client.ask({ path: '/v1/models/endless:predict', body });
    const paused = status === 503 && Number(headers['retry-after']) > 0;
    if (status !== 504 && !paused)
      throw new WrongAnswerError(`a run without end: ${status} ${answer.toString('utf8')}`);
  },
});

const bad = (client: HttpClient): Task => ({
  name: 'bad requests',
  weight: 4,
  async run(random) {
    const seed = random.below(2 ** 31);
    const request = hostileRequest(seed);
    const ask = sendable(request);
    if (ask === undefined) return;
    const { status, headers, body } = await client.ask(ask);
    const found = responseProblem(request, { status, headers, body: new Uint8Array(body) } as HttpResponse);
    if (found !== undefined) throw new WrongAnswerError(`bad request ${seed}: ${found}`);
  },
});

/** As a client library would send it; undefined for what none would. */
function sendable({ method, path, query, headers, body }: HttpRequest): ClientRequest | undefined {
  const encoded = path.split('/').map(encodeURIComponent).join('/').replaceAll('%3A', ':');
  const search = new URLSearchParams(query as Record<string, string>).toString();
  const { 'content-length': _, ...rest } = headers;
  const kept = Object.entries(rest).filter(([, value]) => value !== undefined) as [string, string][];
  if (!/^[A-Z]+$/.test(method) || !path.startsWith('/') || path.length > 4_000) return undefined;
  if (method === 'TRACE' || kept.some(([, value]) => /[^\x20-\x7e]/.test(value) || value.length > 6_000))
    return undefined;
  return {
    method,
    path: search === '' ? encoded : `${encoded}?${search}`,
    headers: Object.fromEntries(kept),
    body,
  };
}
