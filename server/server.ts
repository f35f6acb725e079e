import { tmpdir } from 'node:os';
import path from 'node:path';
import { bufferedEmf } from '../core/observability/buffered-emf.ts';
import { type Collector, PrometheusSink } from '../core/observability/prometheus.ts';
import type { RequestHead } from '../core/protocols/protocol.ts';
import type { HttpRequest, HttpResponse } from '../core/serving/http.ts';
import type { WorkerEntry } from '../platform/onnx/worker/worker-process.ts';
import type { Home } from '../platform/ports.ts';
import { settledWithin, withTimeout } from '../platform/with-timeout.ts';
import { Endpoint } from '../usecases/serving/endpoint.ts';
import { openAccess } from './access/open-access.ts';
import { openBounds, type ServerBounds } from './admission/bounds.ts';
import { startKeeper } from './bookkeeping/keeper.ts';
import { DeliveryStream } from './captures/delivery-stream.ts';
import { Health } from './health.ts';
import { httpGuard } from './http/http-guard.ts';
import { type HttpOptions, type HttpServer, serve } from './http/http-server.ts';
import { AdmissionLimit } from './lib/admission-limit.ts';
import { type Interval, startInterval } from './lib/interval.ts';
import { metricsPage, releaseGauges } from './metrics/metrics-page.ts';
import { recent } from './metrics/recent.ts';
import { RunCounts } from './metrics/run-counts.ts';
import { placedLoader } from './scheduling/inline-or-worker.ts';
import { Pending } from './scheduling/pending-requests.ts';
import type { Settings } from './settings.ts';
import { WorkerPool } from './workers/worker-pool.ts';

export interface ServingOptions {
  readonly home: Home;
  readonly settings: Settings;
  readonly worker: WorkerEntry;
  /** Whether captured predictions are stored in the home. */
  readonly captures: boolean;
  /** Reads the metrics of all processes. @default there is only this one */
  readonly allMetrics?: () => Promise<string>;
  /** Metrics beside those of serving, read at each scrape. @default none */
  readonly collectors?: readonly Collector[];
  /**
   * Where others listen at the port as well: longest time for which this one does not yet, because it loads models;
   * milliseconds. @default it listens at once, so that health checks are answered meanwhile
   */
  readonly listenAfterMs?: number | undefined;
  /** Called for every request, as a heartbeat: timers are delayed while many large requests are processed. */
  readonly onRequest?: () => void;
  /** Prints a line for operators. */
  readonly log: (line: string) => void;
}

/** A running server. */
export interface Serving {
  readonly url: string;
  /** Address of gRPC, `host:port`; absent where it is not served. */
  readonly grpc?: string;
  readonly health: Health;
  /** Metrics of this process, in Prometheus' text format. */
  metrics(): Promise<string>;
  /** Writes what is kept back of captures and metrics to the home. */
  flush(): Promise<void>;
  /** Stops taking requests, finishes those in progress within the limits of the settings, and frees everything. */
  drain(): Promise<void>;
}

/** Seconds between two writes of captures and metrics. */
const DELIVERY_SECONDS = 1;
/** How long the last write before the end may take; milliseconds. */
const LAST_DELIVERY_MS = 2_000;

/**
 * Starts a server. It listens immediately, so that health checks are answered while models are being loaded; or, where
 * others answer at the port, once it has loaded them or has taken long.
 *
 * @returns the server once its models are loaded
 */
export async function startServing(options: ServingOptions): Promise<Serving> {
  const { home, settings, log } = options;
  const opened = await openAccess(settings, log);
  const pool = new WorkerPool({
    entry: options.worker,
    size: settings.workers,
    runTimeoutMs: settings.runTimeout * 1_000,
    loadTimeoutMs: settings.loadTimeout * 1_000,
    memoryMb: Math.ceil(settings.workerBytes / 1_048_576),
    maxWaitMs: settings.queueTimeout * 1_000,
    onLost: log,
  });
  const queue = new AdmissionLimit({
    name: 'queue of runs',
    count: settings.queueRequests,
    bytes: settings.queueBytes,
  });
  const bounds = boundsOf(settings);
  const health = new Health([queue, bounds.admission], () => pool.states.lost);
  const counts = new RunCounts();
  const pending = new Pending();
  const sink = new PrometheusSink(home.metrics.environment);
  const stream = new DeliveryStream(options.captures ? home : { ...home, captures: { put: async () => true } }, log);
  const emf = bufferedEmf(home.metrics.environment, (line) => stream.write(line));
  const opening = Endpoint.opening({
    mirror: 'after',
    home,
    models: settings.models,
    ...(settings.defaultModel === undefined ? {} : { defaultModel: settings.defaultModel }),
    cacheFolder: settings.cache ?? cacheOf(home),
    refreshSeconds: settings.refresh,
    bodyLimit: settings.bodyBytes,
    // Callers are counted in each process: together these keep what is promised.
    truthBytesPerMinute: Math.ceil(settings.truthBytes / settings.processes),
    captureBytesPerMinute: Math.ceil(settings.captureBytes / settings.processes),
    load: placedLoader({
      pool,
      queue: { gate: queue, count: settings.queueRequests, bytes: settings.queueBytes },
      pending,
      inlineMs: settings.inline,
      maxWaitMs: settings.queueTimeout * 1_000,
      onRun: (model, where, requests, rows) => counts.add(model, where, requests, rows),
      log,
    }),
    emit: (line) => stream.write(line),
    metrics: emf,
    sinks: [sink],
    statistics: sink.statistics,
  });
  const page = metricsPage({
    sink,
    collectors: [
      counts.collect,
      pending.collect,
      pool.collect,
      stateOf(pool, queue),
      bounds.collect,
      home.bookkeeping.collect,
      opened.access.collect,
      releaseGauges(() => opening.reports()),
      (to) => {
        to.family('trimtab_cache_healed_total', 'counter', 'Damaged copies in the cache that were replaced.');
        for (const [kind, count] of opening.healed) to.sample({ kind }, count);
      },
      ...(options.collectors ?? []),
    ],
  });
  const ownPage = (head: RequestHead) => page({ ...head, path: '/metrics' })!;
  const ownMetrics = recent(async () => String((await ownPage(METRICS)).body));
  const allMetrics = recent(async (): Promise<HttpResponse> => {
    const own = await ownPage(METRICS);
    const body = own.status === 200 && options.allMetrics !== undefined ? await options.allMetrics() : own.body;
    // Bytes, which answers that nobody reads share.
    return { ...own, body: Buffer.from(body) };
  });
  const first = (head: RequestHead): ReturnType<NonNullable<HttpOptions['first']>> => {
    if (head.path === '/metrics')
      return head.method === 'GET' || head.method === 'HEAD' ? allMetrics : () => ownPage(head);
    const unready = health.answer(head);
    if (unready !== undefined) return () => unready;
    // Health checks are answered even when the admission limit is reached.
    return head.path.startsWith('/v2/health/') ? () => opening.handle({ ...head, body: '' }) : undefined;
  };
  const handle = (request: HttpRequest): Promise<HttpResponse> => {
    options.onRequest?.();
    return opening.handle(request);
  };
  const guards = { guard: httpGuard(opened.access), tls: opened.tls, bounds, first };
  const load = async (): Promise<void> => {
    await opening.refresh();
    health.starting = false;
  };
  const { listenAfterMs } = options;
  const loading = listenAfterMs === undefined ? undefined : load();
  if (loading !== undefined) await settledWithin(listenAfterMs!, loading);
  const server = await listen({ handle }, settings, guards).catch(async (error: unknown) => {
    await opened.close();
    throw error;
  });
  const grpc =
    settings.grpcPort === undefined
      ? undefined
      : await (await import('./grpc/server.ts')).serveGrpc(gated(opening, health), {
          port: settings.grpcPort,
          host: settings.host,
          messageLimit: settings.bodyBytes,
          streams: settings.grpcStreams,
          headTimeoutMs: settings.headTimeout * 1_000,
          messageTimeoutMs: settings.bodyTimeout * 1_000,
          silenceMs: silenceOf(settings),
          bounds,
          access: opened.access,
          tls: opened.tls,
        });
  const loops = runLoops({
    endpoint: opening,
    stream,
    flushMetrics: () => emf.flush(),
    refresh: settings.refresh,
    log,
  });
  // What is loaded is served at once, whatever else still loads.
  await (loading ?? load());
  const keeper = await startKeeper(home, log);
  return {
    url: server.url,
    ...(grpc === undefined ? {} : { grpc: grpc.address }),
    health,
    metrics: ownMetrics,
    flush: async () => {
      emf.flush();
      await stream.flush();
    },
    drain: async () => {
      health.draining = true;
      const drain = { delayMs: settings.drainDelay * 1_000, timeoutMs: settings.drainTimeout * 1_000 };
      await Promise.all([server.drain(drain), grpc?.drain(drain)]);
      bounds.close();
      await Promise.all(loops.map((loop) => loop.stop()));
      emf.flush();
      await stream.close(LAST_DELIVERY_MS);
      await opened.close();
      const closed = opening.close();
      pool.endLoads();
      await closed;
      pool.close();
      await withTimeout(LAST_DELIVERY_MS, 'the home', home.close()).catch((error: Error) => log(error.message));
      await keeper.stop();
    },
  };
}

/** The endpoint for gRPC, with the same answers to readiness as over HTTP. */
const gated = (endpoint: Endpoint, health: Health): Parameters<typeof serve>[0] => ({
  handle: async (request) => health.answer(request) ?? endpoint.handle(request),
});

const listen = (
  endpoint: Parameters<typeof serve>[0],
  settings: Settings,
  guards: Pick<HttpOptions, 'guard' | 'tls' | 'bounds' | 'first'>,
): Promise<HttpServer> =>
  serve(endpoint, {
    port: settings.port,
    host: settings.host,
    bodyLimit: settings.bodyBytes,
    headTimeoutMs: settings.headTimeout * 1_000,
    requestTimeoutMs: settings.bodyTimeout * 1_000,
    keepAliveMs: settings.keepAlive * 1_000,
    silenceMs: silenceOf(settings),
    ...guards,
  });

/** Nothing is sent while a run waits and runs. */
const silenceOf = ({ queueTimeout, runTimeout, bodyTimeout }: Settings): number =>
  (queueTimeout + runTimeout + bodyTimeout) * 1_000;

const boundsOf = (settings: Settings): ServerBounds =>
  openBounds({
    requests: settings.maxRequests,
    bytes: settings.requestBytes,
    connections: settings.maxConnections,
    callerShare: settings.callerShare,
    largestBody: settings.bodyBytes,
    bodyRate: settings.bodyRate,
    graceMs: settings.bodyGrace * 1_000,
    ...(settings.callerHeader === undefined ? {} : { header: settings.callerHeader }),
    ...(settings.trustedProxies === undefined ? {} : { proxies: settings.trustedProxies }),
  });

interface LoopOptions {
  readonly endpoint: Endpoint;
  readonly stream: DeliveryStream;
  readonly flushMetrics: () => void;
  /** Seconds between two looks at the release. */
  readonly refresh: number;
  readonly log: (line: string) => void;
}

/** Starts the periodic jobs. */
function runLoops({ endpoint, stream, flushMetrics, refresh, log }: LoopOptions): Interval[] {
  const failed = (what: string) => (error: unknown) =>
    log(`${what}: ${error instanceof Error ? error.message : error}`);
  return [
    // What cannot be delivered is counted, and told by the keeper.
    startInterval(
      DELIVERY_SECONDS,
      () => stream.flush(),
      () => undefined,
    ),
    startInterval(DELIVERY_SECONDS, async () => flushMetrics(), failed('metrics')),
    // Requests trigger a refresh of the release; this does so when there are none.
    startInterval(Math.max(0.1, refresh), () => endpoint.look(), failed('release')),
  ];
}

/** Default folder of cached model files: inside a local home, else temporary. All processes of a server share it. */
const cacheOf = (home: Home): string =>
  path.join(home.kind === 'local' ? home.description : path.join(tmpdir(), 'trimtab'), 'cache');

const METRICS: RequestHead = { method: 'GET', path: '/metrics', query: {}, headers: {} };

const stateOf =
  (pool: WorkerPool, queue: AdmissionLimit): Collector =>
  (to) => {
    const { up, lost } = pool.states;
    to.family('trimtab_queue_requests', 'gauge', 'Runs that wait for a worker or are made by one.').sample(
      {},
      queue.count,
    );
    to.family('trimtab_queue_bytes', 'gauge', 'What they hold.').sample({}, queue.bytes);
    to.family('trimtab_runners', 'gauge', 'Processes that run models, by their state.');
    to.sample({ state: 'up' }, up).sample({ state: 'lost' }, lost);
  };
