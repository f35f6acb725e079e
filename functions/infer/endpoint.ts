import { CallerLimits } from '../../core/guards/rate-limit.ts';
import { Statistics } from '../../core/metrics/statistics.ts';
import {
  type Catalog,
  type Decode,
  type ExplainCall,
  type InferCall,
  json,
  modelOf,
  type Operation,
  type Protocol,
  ProtocolError,
  type Target,
  unknownModel,
  unknownVersion,
} from '../../core/protocols/protocol.ts';
import { protocolOf } from '../../core/protocols/protocols.ts';
import { type AccessLogOptions, accessLog } from '../../core/serving/access-log.ts';
import { emfSink } from '../../core/serving/emf-sink.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import { Observation, type RequestSeen, type Signals, type Sink } from '../../core/serving/observation.ts';
import { outcomeFault } from '../../core/serving/outcome.ts';
import type { Route } from '../../core/serving/route.ts';
import type { Home, ServingReport } from '../../platform/ports.ts';
import { within } from '../../platform/within.ts';
import { answer, type Job } from './answer.ts';
import { ArtifactCache } from './artifact-cache.ts';
import { LEAST_BYTES, packed, unpacked } from './compression.ts';
import { explain } from './explain.ts';
import { identify, identityHeaders } from './identity.ts';
import { keepTruth } from './keep-truth.ts';
import { LastKnown } from './last-known.ts';
import { lineWriter } from './line-writer.ts';
import { Mirror, type MirrorTiming } from './mirror.ts';
import { faultOf, fill, outcomeOf, withHints } from './outcome.ts';
import { ReleaseWatch } from './release-watch.ts';
import type { ModelLoader } from './resident.ts';
import { ServedModel } from './served-model.ts';
import { routingKey, targetOf } from './targeting.ts';

export interface EndpointOptions {
  readonly home: Home;
  /** Models to serve; `all` follows the ledger. */
  readonly models: readonly string[] | 'all';
  /** The model that requests which name none are for. @default the only one, where one is served */
  readonly defaultModel?: string;
  /** Whether a request may take a model out of service, until another loads it again. @default false */
  readonly allowUnload?: boolean;
  /** Folder for model files and last known releases. */
  readonly cacheFolder: string;
  /** How a version's file becomes a model that runs. @default in this process */
  readonly load?: ModelLoader;
  /** How old the copy of the release may get before it is read again. @default 2 */
  readonly refreshSeconds?: number;
  /** How long a version that has lost its traffic stays in memory. @default 60 */
  readonly graceSeconds?: number;
  /** How long after a failed load it is tried again. @default 15 */
  readonly retrySeconds?: number;
  /** How long the ledger may take before it counts as unreachable. @default 3 */
  readonly ledgerTimeoutSeconds?: number;
  /** Most bytes of a body, packed and unpacked. @default what Lambda takes, 6 MB */
  readonly bodyLimit?: number;
  /** Takes metric, capture and error lines, without line ends. @default a line of standard output each */
  readonly emit?: (line: string) => void;
  /** Which requests get a line of their own. @default none */
  readonly accessLog?: AccessLogOptions | undefined;
  /** Takes every observation for the home's metrics. @default a line each, to `emit` */
  readonly metrics?: Sink;
  /** When a shadow's turn is. @default before the answer, so few that they take 5 ms on average */
  readonly mirror?: MirrorTiming;
  /** Take every observation as well, after the metric lines and the statistics have. @default none */
  readonly sinks?: readonly Sink[];
}

/** What a shadow may add to an answer where nothing runs after it, on average. */
const MIRROR_MS = 5;

/** What API Gateway and Lambda take, so that no home takes more. */
export const BODY_LIMIT = 6 * 1024 * 1024;

/**
 * The inference endpoint: answers HTTP requests in every protocol, for every model it serves, and follows the ledger.
 * The release is read again beside the requests, never before one.
 */
export class Endpoint {
  private readonly models = new Map<string, ServedModel>();
  private readonly callers = new CallerLimits();
  private readonly watch: ReleaseWatch;
  /** Writing releases to disk, one after the other, beside everything else. */
  private keeping: Promise<void> = Promise.resolve();
  private readonly emit: (line: string) => void;
  private readonly sinks: readonly Sink[];
  private readonly mirror: Mirror;
  /** What every version has done since the endpoint opened. */
  readonly statistics = new Statistics();
  private readonly bodyLimit: number;
  private readonly catalog: Catalog;

  private constructor(private readonly options: EndpointOptions) {
    this.bodyLimit = options.bodyLimit ?? BODY_LIMIT;
    this.emit = options.emit ?? lineWriter((text) => process.stdout.write(text));
    const { accessLog: log, sinks = [] } = options;
    const lines = log === undefined ? [] : [accessLog(log, (name) => this.models.has(name), this.emit)];
    this.sinks = [options.metrics ?? emfSink(this.emit), this.statistics, ...lines, ...sinks];
    this.mirror = new Mirror({
      timing: options.mirror ?? { budgetMs: MIRROR_MS },
      record: (seen) => this.record(seen),
      complain: (message, error) => this.complain(message, error),
    });
    const { home, defaultModel } = options;
    this.catalog = {
      models: () => [...this.models.keys()].sort(),
      versions: (model) => this.models.get(model)?.versions(),
      defaultModel,
      statistics: (model, version) => this.statistics.of(model, version),
    };
    const cache = new ArtifactCache(options.cacheFolder, home.artifacts);
    const timeoutMs = (options.ledgerTimeoutSeconds ?? 3) * 1000;
    const retryMs = (options.retrySeconds ?? 15) * 1000;
    const onError = (message: string, error: unknown) => this.complain(message, error);
    const lastKnown = new LastKnown({ cache, artifacts: home.artifacts, timeoutMs, intervalMs: retryMs, onError });
    this.watch = new ReleaseWatch({
      home,
      lastKnown,
      names: options.models,
      models: this.models,
      intervalMs: (options.refreshSeconds ?? 2) * 1000,
      timeoutMs,
      onRead: (model, failed) => {
        this.signal(model.name, model.find({ variant: 'champion' }), { StaleRelease: failed ? 1 : 0 });
        model.retryPrivacy();
      },
      create: (name) =>
        new ServedModel(name, {
          cache,
          load: options.load,
          versionOf: async (model, version) => {
            try {
              return await within(timeoutMs, 'the ledger', home.ledger.version(model, version));
            } catch (error) {
              // A record never changes, so it does not matter where it comes from.
              const known = await lastKnown.version(model, version);
              if (known === undefined) throw error;
              return known;
            }
          },
          privacy: () => home.privacy(),
          graceMs: (options.graceSeconds ?? 60) * 1000,
          retryMs,
          keep: (model, release) => {
            this.keeping = this.keeping
              .then(() => cache.keep(model, release))
              .catch((error) => this.complain(`the release of ${model} cannot be kept on disk`, error));
          },
          onLoad: (model, route, error) => {
            this.signal(model, route, { LoadFailure: error === undefined ? 0 : 1 });
            if (error !== undefined) this.complain(`version ${route.version} of ${model} cannot be loaded`, error);
          },
          onPrivacy: (model, route, error) => {
            this.signal(model, route, { PrivacyFailure: error === undefined ? 0 : 1 });
            if (error !== undefined)
              this.complain(
                `the privacy secret cannot be had: personal fields of ${model} are left out of captures`,
                error,
              );
          },
        }),
      onError,
    });
  }

  /** Reads the releases and loads what has traffic. Opens also when the ledger is unreachable or a model is broken. */
  static async open(options: EndpointOptions): Promise<Endpoint> {
    const endpoint = new Endpoint(options);
    await endpoint.refresh();
    return endpoint;
  }

  /** Answers a request. Never throws: what goes wrong is answered in the protocol's own form. */
  async handle(request: HttpRequest): Promise<HttpResponse> {
    const started = performance.now();
    void this.watch.touch();
    const protocol = protocolOf(request);
    const identity = identify(request);
    const seen = new Observation(protocol.name, this.options.home.clock.now().getTime(), started);
    seen.request = identity;
    let response: HttpResponse;
    try {
      assertSize(request, this.bodyLimit);
      const operation = protocol.resolve(request, this.catalog);
      seen.asked = operation.kind === 'release' || operation.kind === 'describe' ? 'show' : operation.kind;
      this.limit(operation, request, seen);
      const { 'content-encoding': encoding, 'accept-encoding': accepted } = request.headers;
      const plain = encoding === undefined ? request : await unpacked(request, this.bodyLimit);
      response = await this.dispatch(operation, plain, identity.id, seen);
      if (accepted !== undefined && response.body.length >= LEAST_BYTES) response = await packed(response, accepted);
    } catch (error) {
      fill(seen, error);
      response = this.failure(protocol, error, seen);
    }
    seen.end(performance.now());
    seen.status = response.status;
    this.record(seen);
    return {
      status: response.status,
      headers: identityHeaders(identity, response.headers),
      body: request.method === 'HEAD' ? '' : response.body,
    };
  }

  /** Reads the releases now. Does not throw: what cannot be read or loaded leaves things as they were. */
  refresh(): Promise<void> {
    return this.watch.refresh();
  }

  /** Waits for a refresh that is under way, at most so long: a frozen function would not finish it. */
  async settle(ms: number): Promise<void> {
    await this.watch.settle(ms);
  }

  /** What every model serves now, by name. */
  reports(): ReadonlyMap<string, ServingReport> {
    return new Map([...this.models].map(([name, model]) => [name, model.report()]));
  }

  /** Frees all models. Nothing may be handled afterwards. */
  async close(): Promise<void> {
    await this.watch.close();
    await this.mirror.settle();
    await this.keeping;
    for (const model of this.models.values()) await model.close();
  }

  /**
   * Turns a caller away who has sent too many requests, before anything is read or unpacked for it.
   *
   * @throws ProtocolError 429
   */
  private limit(operation: Operation, { caller = 'unknown' }: HttpRequest, seen: Observation): void {
    if (operation.kind === 'show' || operation.kind === 'describe' || operation.kind === 'release') return;
    // A model to be loaded may not be known yet.
    const model = operation.kind === 'repository' ? this.models.get(operation.model) : this.model(operation.model);
    if (model?.rateLimit === undefined) return;
    const { limit, route } = model.rateLimit;
    const wait = this.callers.take(`${model.name} ${caller}`, limit, seen.at);
    seen.limited = wait > 0;
    if (!seen.limited) return;
    seen.model = model.name;
    seen.route = route;
    throw new ProtocolError(
      429,
      `too many requests: ${limit.perSecond} a second are allowed, ${limit.burst} at once; try again in ${wait.toFixed(3)} s`,
      { retryAfterSeconds: wait },
    );
  }

  private dispatch(
    operation: Operation,
    request: HttpRequest,
    requestId: string,
    seen: Observation,
  ): Promise<HttpResponse> | HttpResponse {
    switch (operation.kind) {
      case 'infer':
        return this.infer(operation, request, requestId, seen);
      case 'explain':
        return this.explain(operation, request, requestId, seen);
      case 'feedback':
        return this.feedback(operation, request);
      case 'show':
        return operation.show(this.catalog, request);
      case 'describe':
        return operation.describe(this.catalog);
      case 'release':
        return json(200, this.model(operation.model).report());
      case 'repository':
        return this.repository(operation, request);
    }
  }

  /** Who answers a request, and what they need for it. @throws ProtocolError 404 or 503 */
  private assign<Call extends InferCall | ExplainCall>(
    operation: Extract<Operation, { kind: 'infer' | 'explain' }> & { readonly decode: Decode<Call> },
    request: HttpRequest,
    requestId: string,
    seen: Observation,
  ): { model: ServedModel; job: Job<Call> } {
    const model = this.model(operation.model);
    seen.model = model.name;
    const route = choose(model, targetOf(operation, request.headers), routingKey(request.headers, requestId));
    const job: Job<Call> = {
      model: model.name,
      route,
      resident: model.resident(route.version),
      request,
      decode: operation.decode,
      id: requestId,
      seen,
      emit: this.emit,
    };
    return { model, job };
  }

  private async infer(
    operation: Extract<Operation, { kind: 'infer' }>,
    request: HttpRequest,
    requestId: string,
    seen: Observation,
  ): Promise<HttpResponse> {
    const { model, job } = this.assign(operation, request, requestId, seen);
    const given = await answer(job);
    const { shadow } = model;
    if (shadow !== undefined && shadow.version !== job.route.version)
      await this.mirror.send(job, given, shadow, model.resident(shadow.version));
    return signed(given.response, given.id, job.route);
  }

  private async explain(
    operation: Extract<Operation, { kind: 'explain' }>,
    request: HttpRequest,
    requestId: string,
    seen: Observation,
  ): Promise<HttpResponse> {
    const { job } = this.assign(operation, request, requestId, seen);
    const { id, response } = await explain(job, this.options.home);
    return signed(response, id, job.route);
  }

  private async repository(
    { action, model: name, decode, encode }: Extract<Operation, { kind: 'repository' }>,
    request: HttpRequest,
  ): Promise<HttpResponse> {
    decode(request);
    if (action === 'load') await this.load(name);
    else if (this.options.allowUnload) await this.model(name).unload(this.options.home.clock.now().getTime());
    else throw new ProtocolError(501, `unload is not allowed here: what is served is what the registry has released`);
    return encode();
  }

  /** Makes sure that what the ledger says is in memory, now. @throws ProtocolError 404 or 503 */
  private async load(name: string): Promise<void> {
    this.models.get(name)?.wake();
    await this.watch.reread();
    const model = this.model(name);
    if (this.watch.isStale(name))
      throw new ProtocolError(503, `the release of ${name} cannot be read now, try again later`);
    const missing = model.missing();
    if (missing.length > 0) throw new ProtocolError(503, `version ${missing.join(', ')} of ${name} cannot be loaded`);
    if (model.versions().length === 0) throw new ProtocolError(503, `nothing is released of model ${name}`);
  }

  private async feedback(
    operation: Extract<Operation, { kind: 'feedback' }>,
    request: HttpRequest,
  ): Promise<HttpResponse> {
    const model = this.model(operation.model);
    const { truths, outcomes = [], encode } = operation.decode(request);
    for (const outcome of outcomes) {
      const fault = outcomeFault(model.business, outcome);
      if (fault !== undefined) throw new ProtocolError(400, fault);
    }
    const records = [...truths, ...outcomes];
    try {
      if (records.length > 0) await keepTruth(this.options.home.data, model.name, records);
    } catch (error) {
      if (error instanceof ProtocolError && error.status === 503 && error.cause !== undefined)
        this.complain('ground truth cannot be stored', error.cause);
      throw error;
    }
    return encode();
  }

  private model(asked: string | undefined): ServedModel {
    // A release that could not be read yet may hold any model, and any number of them.
    if (asked === undefined && this.watch.blind && this.models.size === 0) throw blind();
    const name = modelOf(this.catalog, asked);
    const model = this.models.get(name);
    if (model !== undefined) return model;
    if (this.watch.blind) throw blind();
    throw unknownModel(name, this.catalog.models());
  }

  private failure(protocol: Protocol, error: unknown, seen: Observation): HttpResponse {
    if (outcomeOf(error) === 'internal') this.complain('a request failed', error, seen.request);
    return withHints(protocol.fail(faultOf(error)), error);
  }

  private record(seen: Observation): void {
    for (const sink of this.sinks) sink.record(seen);
  }

  private signal(model: string, route: Route | undefined, values: Signals): void {
    if (route === undefined) return;
    const at = this.options.home.clock.now().getTime();
    for (const sink of this.sinks) sink.signal?.(model, route, at, values);
  }

  /** What operators see and callers do not; field names are ECS's. */
  private complain(message: string, error: unknown, request?: RequestSeen): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    this.emit(
      JSON.stringify({
        '@timestamp': this.options.home.clock.now().toISOString(),
        'log.level': 'error',
        message,
        'error.type': cause.name,
        'error.message': cause.message,
        'error.stack_trace': cause.stack,
        'http.request.id': request?.id,
        'trace.id': request?.trace.traceId,
        'span.id': request?.trace.spanId,
      }),
    );
  }
}

const blind = () => new ProtocolError(503, 'the releases cannot be read now, try again later');

/** The version asked for, else the one that the key falls to. @throws ProtocolError 404 or 503 */
function choose(model: ServedModel, target: Target, key: string): Route {
  const { version, variant } = target;
  const explicit = version !== undefined || variant !== undefined;
  const route = explicit ? model.find({ version, variant }) : model.route(key);
  if (route !== undefined) return route;
  const versions = model.versions().map((served) => served.version);
  if (version !== undefined) throw unknownVersion(model.name, version, versions);
  if (variant !== undefined && versions.length > 0)
    throw new ProtocolError(404, `model ${model.name} has no ${variant} now`, { kind: 'unknown-version' });
  throw new ProtocolError(503, `model ${model.name} has no version that is ready`);
}

/** @throws ProtocolError 413 */
function assertSize(request: HttpRequest, limit: number): void {
  const { body } = request;
  // A UTF-16 unit is at most three bytes: only a text near the limit has to be measured.
  const bytes = typeof body === 'string' && body.length * 3 > limit ? Buffer.byteLength(body) : body.length;
  if (bytes > limit) throw new ProtocolError(413, `the body has ${bytes} bytes, at most ${limit} are allowed`);
}

/** A response that says which prediction it is, and whose. */
const signed = ({ status, headers, body }: HttpResponse, id: string, route: Route): HttpResponse => ({
  status,
  // The spread comes last: V8 takes microseconds for one that other properties follow.
  headers: {
    'x-trimtab-prediction-id': encodeURIComponent(wellFormed(id)),
    'x-trimtab-model-version': String(route.version),
    'x-trimtab-variant': route.variant,
    ...headers,
  },
  body,
});

/** Half a surrogate pair cannot be encoded: it becomes the replacement character. */
const wellFormed = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('utf8');
