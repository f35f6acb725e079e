import { tmpdir } from 'node:os';
import path from 'node:path';
import { errorObject, ProtocolError } from '../core/protocols/protocol.ts';
import { gatheredEmf } from '../core/serving/gathered-emf.ts';
import type { HttpRequest, HttpResponse } from '../core/serving/http.ts';
import type { Sink } from '../core/serving/observation.ts';
import { Endpoint } from '../functions/infer/endpoint.ts';
import type { Home } from '../platform/ports.ts';
import { DeliveryStream } from './delivery-stream.ts';
import { every, type Loop } from './every.ts';
import { exposition, type Family } from './exposition.ts';
import { Gate } from './gate.ts';
import { Health } from './health.ts';
import { type HttpServer, serve } from './http/http-server.ts';
import type { RequestHead } from './http/incoming.ts';
import { placing } from './placement.ts';
import { RunCounts } from './run-counts.ts';
import { RunnerPool } from './runners/runner-pool.ts';
import type { RunnerEntry } from './runners/runner-process.ts';
import type { Settings } from './settings.ts';

export interface ServingOptions {
  readonly home: Home;
  readonly settings: Settings;
  readonly runner: RunnerEntry;
  /** Whether captured predictions are kept in the home. */
  readonly captures: boolean;
  /** Gives the metrics of all processes, from this one's own. @default this one's own are all */
  readonly allMetrics?: (own: string) => Promise<string>;
  /** Takes lines for people. */
  readonly log: (line: string) => void;
}

/** A process that answers requests. */
export interface Serving {
  readonly url: string;
  readonly health: Health;
  /** In Prometheus' text format. */
  metrics(): string;
  /** Takes no more requests, finishes what is under way within the settings' times, and frees everything. */
  drain(): Promise<void>;
}

/** Seconds between deliveries of captures and metrics. */
const DELIVERY_SECONDS = 1;

/** Starts to listen at once, so that it can be asked how it is, and gives itself once its models are open. */
export async function startServing(options: ServingOptions): Promise<Serving> {
  const { home, settings, log } = options;
  const pool = new RunnerPool({
    entry: options.runner,
    size: settings.runners,
    runTimeoutMs: settings.runTimeout * 1_000,
    maxWaitMs: settings.queueTimeout * 1_000,
    onLost: log,
  });
  const queue = new Gate({ name: 'queue of runs', count: settings.queueRequests, bytes: settings.queueMegabytes });
  const admission = new Gate({ name: 'server', count: settings.maxRequests, bytes: settings.requestMegabytes });
  const health = new Health([queue, admission], () => pool.states.lost);
  const counts = new RunCounts();
  const sinks: Sink[] = [];
  const metrics = (): string => exposition([...counts.families(), ...stateOf(pool, queue, admission)]);

  let endpoint: Endpoint | undefined;
  const first = (head: RequestHead): HttpResponse | Promise<HttpResponse> | undefined => {
    if (head.path === '/metrics' && head.method === 'GET')
      return (options.allMetrics ?? (async (own: string) => own))(metrics()).then((body) => ({
        status: 200,
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
        body,
      }));
    const unready = health.answer(head);
    if (unready !== undefined) return unready;
    // Health is answered whatever is waiting.
    if (endpoint !== undefined && head.path.startsWith('/v2/health/')) return endpoint.handle({ ...head, body: '' });
    return undefined;
  };
  const handle = async (request: HttpRequest): Promise<HttpResponse> => {
    if (endpoint !== undefined) return endpoint.handle(request);
    if (request.path === '/v2/health/live')
      return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"live":true}' };
    return errorObject(new ProtocolError(503, 'starting: models are being loaded'));
  };
  const server = await listen({ handle }, settings, admission, first);

  const stream = new DeliveryStream(options.captures ? home : { ...home, captures: { put: async () => true } }, log);
  const emf = gatheredEmf((line) => stream.write(line));
  try {
    endpoint = await Endpoint.open({
      home,
      models: settings.models,
      ...(settings.defaultModel === undefined ? {} : { defaultModel: settings.defaultModel }),
      cacheFolder: settings.cache ?? cacheOf(home),
      refreshSeconds: settings.refresh,
      bodyLimit: settings.bodyMegabytes,
      load: placing({
        pool,
        gate: queue,
        inlineMs: settings.inline,
        maxWaitMs: settings.queueTimeout * 1_000,
        onRun: (model, where, requests, rows) => counts.add(model, where, requests, rows),
        log,
      }),
      emit: (line) => stream.write(line),
      metrics: emf,
      sinks,
    });
  } catch (error) {
    pool.close();
    await server.close();
    throw error;
  }
  health.starting = false;
  const loops = runLoops(endpoint, stream, () => emf.flush(), settings, log);
  return {
    url: server.url,
    health,
    metrics,
    drain: async () => {
      health.draining = true;
      await server.drain({ delayMs: settings.drainDelay * 1_000, timeoutMs: settings.drainTimeout * 1_000 });
      await Promise.all(loops.map((loop) => loop.stop()));
      emf.flush();
      await stream.flush().catch((error: Error) => log(`captures: ${error.message}`));
      await endpoint.close();
      pool.close();
      await home.close();
    },
  };
}

const listen = (
  endpoint: Parameters<typeof serve>[0],
  settings: Settings,
  gate: Gate,
  first: (head: RequestHead) => HttpResponse | Promise<HttpResponse> | undefined,
): Promise<HttpServer> =>
  serve(endpoint, {
    port: settings.port,
    host: settings.host,
    bodyLimit: settings.bodyMegabytes,
    maxConnections: settings.maxConnections,
    headTimeoutMs: settings.headTimeout * 1_000,
    requestTimeoutMs: settings.bodyTimeout * 1_000,
    keepAliveMs: settings.keepAlive * 1_000,
    // Nothing is sent while a run waits and runs.
    silenceMs: (settings.queueTimeout + settings.runTimeout + settings.bodyTimeout) * 1_000,
    gate,
    first,
  });

function runLoops(
  endpoint: Endpoint,
  stream: DeliveryStream,
  flushMetrics: () => void,
  settings: Settings,
  log: (line: string) => void,
): Loop[] {
  const failed = (what: string) => (error: unknown) =>
    log(`${what}: ${error instanceof Error ? error.message : error}`);
  return [
    every(DELIVERY_SECONDS, () => stream.flush(), failed('captures')),
    every(DELIVERY_SECONDS, async () => flushMetrics(), failed('metrics')),
    // The endpoint looks at its release beside requests; here it also does when nobody asks.
    every(Math.max(0.1, settings.refresh), () => endpoint.refresh(), failed('release')),
  ];
}

/** Beside a local home; every process of a server shares it. */
const cacheOf = (home: Home): string =>
  path.join(home.kind === 'local' ? home.description : path.join(tmpdir(), 'trimtab'), 'cache');

function stateOf(pool: RunnerPool, queue: Gate, admission: Gate): Family[] {
  const gauge = (name: string, help: string, value: number): Family => ({
    name: `trimtab_${name}`,
    type: 'gauge',
    help,
    samples: [{ value }],
  });
  const { up, lost } = pool.states;
  return [
    gauge('queue_requests', 'Runs that wait for a runner or are made by one.', queue.count),
    gauge('queue_bytes', 'What they hold.', queue.bytes),
    gauge('requests_under_way', 'Requests between their head and the end of their answer.', admission.count),
    {
      name: 'trimtab_runners',
      type: 'gauge',
      help: 'Processes that run models, by their state.',
      samples: [
        { labels: { state: 'up' }, value: up },
        { labels: { state: 'lost' }, value: lost },
      ],
    },
  ];
}
