import type { Socket } from 'node:net';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import { complaint } from '../hostile/judge.ts';
import { hostileRequest } from '../hostile/mutate.ts';
import type { Random } from '../hostile/random.ts';
import { type Answer, type Ask, answersOn, bytesOf, type Wire } from '../server/wire.ts';
import type { GrpcCaller } from './grpc.ts';
import type { Case, SoakModels } from './models.ts';
import { JSON_TYPE, jsonOf, type Speech } from './speech.ts';
import { mlflowSpeeches, tableSpeeches } from './tables.ts';
import { vectorSpeeches } from './vectors.ts';

/** An answer came, and is not what it should be. */
export class WrongError extends Error {
  override readonly name = 'WrongError';
}

/** Something that a caller of the server does, again and again. */
export interface Errand {
  readonly name: string;
  /** How often, against the others. */
  readonly weight: number;
  /** @throws WrongError or LostError */
  run(random: Random): Promise<void>;
}

export interface Callers {
  readonly wire: Wire;
  readonly grpc: GrpcCaller;
  readonly models: SoakModels;
}

/** Rounding may differ where rows are put together. */
const TOLERANCE = 1e-5;

/** @throws WrongError unless the answer is a success */
function expectOk(what: string, { status, headers, body }: Answer): void {
  if (status !== 200 && status !== 202)
    throw new WrongError(
      `${what}: status ${status}, retry-after ${headers['retry-after']}: ${body.toString('utf8').slice(0, 300)}`,
    );
}

/** @throws WrongError unless the scores are what the version's graph says by itself */
export function expectScores(what: string, version: number, cases: readonly Case[], scores: readonly number[]): void {
  if (scores.length !== cases.length) throw new WrongError(`${what}: ${scores.length} scores of ${cases.length} rows`);
  for (const [i, score] of scores.entries()) {
    const truth = cases[i]!.truth.get(version);
    if (truth === undefined || !(Math.abs(score - truth) <= TOLERANCE * Math.max(1, Math.abs(truth))))
      throw new WrongError(`${what}: row ${i} of version ${version} is ${score}, expected ${truth}`);
  }
}

const pickCases = (cases: readonly Case[], most: number, random: Random): Case[] =>
  Array.from({ length: 1 + random.below(most) }, () => random.pick(cases));

/** All errands of a soak. */
export function errandsOf({ wire, grpc, models }: Callers): Errand[] {
  const asking = (speech: Speech, cases: readonly Case[], weight: number): Errand => ({
    name: `${speech.model}: ${speech.name}`,
    weight,
    async run(random) {
      const chosen = pickCases(cases, speech.rows, random);
      const answer = await wire.ask(speech.ask(chosen.map(({ row }) => row)));
      checkAnswer(speech, chosen, answer);
    },
  });
  const sum = (speeches: readonly Speech[], cases: readonly Case[], weight: number): Errand[] =>
    speeches.map((speech) => asking(speech, cases, weight / speeches.length));
  const trees = vectorSpeeches('tree', 'features', 'probabilities');
  return [
    ...sum(trees, models.trees, 20),
    ...sum(vectorSpeeches('perceptron', 'x', 'y'), models.perceptron, 20),
    ...sum(vectorSpeeches('large', 'x', 'y'), models.large, 8),
    ...sum(tableSpeeches('flight-delay'), models.flights, 20),
    ...sum([...tableSpeeches('pipeline'), ...mlflowSpeeches('pipeline')], models.pipeline, 12),
    grpcErrand('typed', grpc, models, 4),
    grpcErrand('raw', grpc, models, 4),
    explaining(wire, models),
    picture(wire, models),
    feedback(wire, models),
    showing(wire),
    loading(wire),
    slowSender(wire, trees, models.trees),
    hangUp(wire, trees, models.trees),
    slowReader(wire, models.flights),
    bad(wire),
  ];
}

function checkAnswer(speech: Speech, cases: readonly Case[], answer: Answer): void {
  const what = `${speech.model} by ${speech.name}`;
  expectOk(what, answer);
  const version = Number(answer.headers['x-trimtab-model-version']);
  expectScores(what, version, cases, speech.read(answer, cases.length));
}

const grpcErrand = (kind: 'typed' | 'raw', grpc: GrpcCaller, models: SoakModels, weight: number): Errand => ({
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
const explaining = (wire: Wire, models: SoakModels): Errand => ({
  name: 'explanations',
  weight: 1,
  async run(random) {
    const { row } = random.pick(models.flights);
    const answer = await wire.ask({
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
      throw new WrongError(`explain: values add up to ${total}, expected ${value}`);
  },
});

const picture = (wire: Wire, models: SoakModels): Errand => ({
  name: 'pictures',
  weight: 0.5,
  async run(random) {
    const { bytes, text } = random.pick(models.pictures);
    const answer = await wire.ask({
      path: '/v1/models/label-reader:predict',
      headers: JSON_TYPE,
      body: JSON.stringify({ instances: [{ image: { b64: bytes.toString('base64') } }] }),
    });
    expectOk('picture', answer);
    const [{ text: read }] = jsonOf(answer).predictions as [{ text: string }];
    if (read !== text) throw new WrongError(`picture: read '${read}', expected '${text}'`);
  },
});

/** A prediction of Seldon's, and what became of it. */
const feedback = (wire: Wire, models: SoakModels): Errand => ({
  name: 'seldon feedback',
  weight: 2,
  async run(random) {
    const { row } = random.pick(models.flights);
    const puid = `soak-${random.below(2 ** 31)}`;
    const asked = { meta: { puid }, jsonData: row };
    const at = '/seldon/ns/flight-delay/api/v1.0';
    const predicted = await wire.ask({ path: `${at}/predictions`, headers: JSON_TYPE, body: JSON.stringify(asked) });
    expectOk('seldon', predicted);
    if (predicted.headers['seldon-puid'] !== puid) throw new WrongError('seldon: another puid came back');
    const told = await wire.ask({
      path: `${at}/feedback`,
      headers: JSON_TYPE,
      body: JSON.stringify({
        request: asked,
        response: jsonOf(predicted),
        reward: random.below(10),
        truth: { data: { ndarray: [[random.below(2)]] } },
      }),
    });
    expectOk('feedback', told);
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
function showing(wire: Wire): Errand {
  let counted = 0;
  return {
    name: 'health, metadata, metrics',
    weight: 3,
    async run(random) {
      const path = random.pick(SHOWN);
      const before = counted;
      const answer = await wire.ask({ method: 'GET', path });
      expectOk(path, answer);
      if (path !== '/metrics') return;
      let requests = 0;
      for (const line of answer.body.toString('utf8').split('\n'))
        if (line.startsWith('trimtab_requests_total{')) requests += Number(line.slice(line.lastIndexOf(' ')));
      if (requests < before) throw new WrongError(`metrics: ${requests} requests in all, there were ${before}`);
      counted = Math.max(counted, requests);
    },
  };
}

const loading = (wire: Wire): Errand => ({
  name: 'repository',
  weight: 0.3,
  async run(random) {
    const path = random.pick(['index', 'models/tree/load', 'models/flight-delay/load']);
    expectOk(path, await wire.ask({ path: `/v2/repository/${path}`, headers: JSON_TYPE, body: '{}' }));
  },
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends a request in small pieces, and is answered like anybody else. */
const slowSender = (wire: Wire, speeches: readonly Speech[], cases: readonly Case[]): Errand => ({
  name: 'slow senders',
  weight: 0.5,
  async run(random) {
    const speech = random.pick(speeches);
    const chosen = pickCases(cases, speech.rows, random);
    const bytes = bytesOf(speech.ask(chosen.map(({ row }) => row)));
    const socket = await wire.connect();
    const answers = answersOn(socket);
    const pieces = 3 + random.below(5);
    for (let i = 0; i < pieces; i++) {
      socket.write(bytes.subarray((i * bytes.length) / pieces, ((i + 1) * bytes.length) / pieces));
      await pause(random.below(300));
    }
    checkAnswer(speech, chosen, only(await answers));
  },
});

/** Goes away somewhere in the middle of a request, or without its answer. */
const hangUp = (wire: Wire, speeches: readonly Speech[], cases: readonly Case[]): Errand => ({
  name: 'hang-ups',
  weight: 1,
  async run(random) {
    const speech = random.pick(speeches);
    const bytes = bytesOf(speech.ask(pickCases(cases, speech.rows, random).map(({ row }) => row)));
    const socket: Socket = await wire.connect();
    socket.on('error', () => undefined);
    const whole = random.once(3);
    socket.write(bytes.subarray(0, whole ? bytes.length : random.below(bytes.length)));
    await pause(random.below(20));
    if (random.once(2)) socket.destroy();
    else socket.resetAndDestroy();
  },
});

/** Reads a large answer a little at a time. */
const slowReader = (wire: Wire, cases: readonly Case[]): Errand => ({
  name: 'slow readers',
  weight: 0.1,
  async run(random) {
    const [speech] = tableSpeeches('flight-delay').filter(({ name }) => name === 'v1 objects');
    const chosen = Array.from({ length: 1_500 }, () => random.pick(cases));
    const socket = await wire.connect();
    socket.pause();
    const answers = answersOn(socket);
    socket.write(bytesOf(speech!.ask(chosen.map(({ row }) => row))));
    for (let i = 0; i < 10; i++) {
      socket.pause();
      await pause(50);
      socket.resume();
      await pause(1);
    }
    checkAnswer(speech!, chosen, only(await answers));
  },
});

const only = (answers: readonly Answer[]): Answer => {
  if (answers.length !== 1) throw new WrongError(`${answers.length} answers to one request`);
  return answers[0]!;
};

/** What is wrong somehow, and answered in the form of its protocol. */
const bad = (wire: Wire): Errand => ({
  name: 'bad requests',
  weight: 4,
  async run(random) {
    const seed = random.below(2 ** 31);
    const request = hostileRequest(seed);
    const ask = sendable(request);
    if (ask === undefined) return;
    const { status, headers, body } = await wire.ask(ask);
    const found = complaint(request, { status, headers, body: new Uint8Array(body) } as HttpResponse);
    if (found !== undefined) throw new WrongError(`bad request ${seed}: ${found}`);
  },
});

/** As a client library would send it; undefined for what none would. */
function sendable({ method, path, query, headers, body }: HttpRequest): Ask | undefined {
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
