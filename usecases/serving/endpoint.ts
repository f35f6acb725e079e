import { hostname } from 'node:os';
import { CallerLimits } from '../../core/guards/rate-limit.ts';
import { TruthQuota } from '../../core/guards/truth-quota.ts';
import { type AccessLogOptions, accessLog } from '../../core/observability/access-log.ts';
import { emfSink } from '../../core/observability/emf-sink.ts';
import { Observation, type Signals, type Sink } from '../../core/observability/observation.ts';
import { Statistics } from '../../core/observability/statistics.ts';
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
  type RequestTarget,
} from '../../core/protocols/protocol.ts';
import { protocolOf } from '../../core/protocols/protocols.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import type { Route } from '../../core/serving/route.ts';
import type { ClockPair } from '../../core/serving/two-clocks.ts';
import type { ServingReport } from '../../platform/ports.ts';
import { compress, decompress, MIN_BYTES } from './compression.ts';
import { type ErrorLogger, errorLogger } from './error-log.ts';
import { faultOfError, fill, outcomeOf, withHints } from './error-mapping.ts';
import { explain } from './explain.ts';
import { feedback } from './feedback.ts';
import { limitedCatalog } from './limited-catalog.ts';
import { lineWriter } from './line-writer.ts';
import { ModelManager, type ModelsOptions } from './model-manager.ts';
import { type PredictionJob, predict } from './predict.ts';
import { withPredictionHeaders, withReleaseAge } from './prediction-headers.ts';
import { identify, identityHeaders } from './request-id.ts';
import { choose, namesVersion, routeTarget, routingUnit } from './routing.ts';
import type { ServedModel } from './served-model.ts';
import { Mirror, type MirrorTiming } from './shadow-mirror.ts';
import { TruthStore } from './truth-store.ts';
import { UnansweredError } from './unanswered-error.ts';

export interface EndpointOptions extends ModelsOptions {
  /** Most bytes of a body, packed and unpacked. @default what Lambda takes, 6 MB */
  readonly bodyLimit?: number;
  /** Takes metric, capture and error lines, without line ends. @default a line of standard output each */
  readonly emit?: (line: string) => void;
  /** Tells this process from others that serve the same; probes are answered with it. @default host and process id */
  readonly instance?: string;
  /** Bytes of ground truth that one caller may send in a minute. @default 8 MB */
  readonly truthBytesPerMinute?: number;
  /** Characters of captures that the requests of one caller may bring forth in a minute. @default 256 Mi */
  readonly captureBytesPerMinute?: number;
  /** Which requests get a line of their own. @default none */
  readonly accessLog?: AccessLogOptions | undefined;
  /** Takes every observation for the home's metrics. @default a line each, to `emit` */
  readonly metrics?: Sink;
  /** When a shadow's turn is. @default before the answer, so few that they take 5 ms on average */
  readonly mirror?: MirrorTiming;
  /** Take every observation as well, after the metric lines have. @default none */
  readonly sinks?: readonly Sink[];
  /** What every version has done, where one of the sinks counts it. @default counted here */
  readonly statistics?: Statistics;
}

/** A request with what it is known by. */
interface IdentifiedRequest {
  readonly http: HttpRequest;
  readonly id: string;
  readonly observation: Observation;
}

/** What a shadow may add to an answer where nothing runs after it, on average. */
const MIRROR_MS = 5;

/** Twice what a core brings forth that does nothing else, for one caller may be a proxy for all. */
const CAPTURE_BYTES_PER_MINUTE = 256 * 1024 * 1024;

/** What API Gateway and Lambda take, so that no home takes more. */
export const BODY_LIMIT = 6 * 1024 * 1024;

/**
 * The inference endpoint: answers HTTP requests in every protocol, for every model it serves, and follows the ledger.
 * The release is read again beside the requests, and before one only when what is known of it is old.
 */
export class Endpoint {
  private readonly models: ModelManager;
  private readonly callers = new CallerLimits();
  private readonly captured = new CallerLimits();
  private readonly truthQuota: TruthQuota;
  private readonly truths: TruthStore;
  private readonly emit: (line: string) => void;
  private readonly complain: ErrorLogger;
  private readonly sinks: readonly Sink[];
  private readonly mirror: Mirror;
  /** What every version has done since the endpoint opened. */
  readonly statistics: Statistics;
  private readonly bodyLimit: number;
  private readonly instance: string;

  private constructor(private readonly options: EndpointOptions) {
    this.bodyLimit = options.bodyLimit ?? BODY_LIMIT;
    this.instance = options.instance ?? `${hostname()}:${process.pid}`;
    this.emit = options.emit ?? lineWriter((text) => process.stdout.write(text));
    this.complain = errorLogger(options.home.clock, this.emit);
    this.truthQuota = new TruthQuota(options.truthBytesPerMinute);
    this.truths = new TruthStore({
      data: options.home.data,
      bookkeeping: options.home.bookkeeping,
      complain: (error) => this.complain('ground truth cannot be stored', error),
    });
    const { accessLog: log, sinks = [] } = options;
    const lines = log === undefined ? [] : [accessLog(log, (name) => this.models.has(name), this.emit)];
    this.statistics = options.statistics ?? new Statistics();
    const counted = options.statistics === undefined ? [this.statistics] : [];
    this.sinks = [
      options.metrics ?? emfSink(options.home.metrics.environment, this.emit),
      ...counted,
      ...lines,
      ...sinks,
    ];
    this.mirror = new Mirror({
      timing: options.mirror ?? { budgetMs: MIRROR_MS },
      record: (observation) => this.record(observation),
      complain: this.complain,
    });
    const signal = (model: string, route: Route | undefined, values: Signals) => this.signal(model, route, values);
    this.models = new ModelManager(options, { signal, complain: this.complain }, this.statistics);
  }

  /** Reads the releases and loads what has traffic. Opens also when the ledger is unreachable or a model is broken. */
  static async open(options: EndpointOptions): Promise<Endpoint> {
    const endpoint = Endpoint.opening(options);
    await endpoint.refresh();
    return endpoint;
  }

  /** One that has loaded nothing yet: every model is answered for as soon as `refresh` or `look` has it loaded. */
  static opening(options: EndpointOptions): Endpoint {
    return new Endpoint(options);
  }

  /** Answers a request. Never throws: what goes wrong is answered in the protocol's own form. */
  async handle(request: HttpRequest): Promise<HttpResponse> {
    const started = performance.now();
    const now: ClockPair = { monotonic: started, wall: this.options.home.clock.now().getTime() };
    this.models.touch(now);
    const protocol = protocolOf(request);
    const identity = identify(request);
    const observation = new Observation(protocol.name, now.wall, started);
    observation.request = identity;
    let response: HttpResponse;
    try {
      assertSize(request, this.bodyLimit);
      const catalog = this.catalogOf(request);
      const operation = withinModels(protocol.resolve(request, catalog), catalog, request);
      observation.asked = operation.kind === 'release' || operation.kind === 'describe' ? 'show' : operation.kind;
      this.limit(operation, request, observation);
      const { 'content-encoding': encoding, 'accept-encoding': accepted } = request.headers;
      const plain = encoding === undefined ? request : await decompress(request, this.bodyLimit);
      response = await this.dispatch(operation, plain, identity.id, observation);
      if (accepted !== undefined && response.body.length >= MIN_BYTES) response = await compress(response, accepted);
    } catch (error) {
      fill(observation, error);
      response = this.failure(protocol, error, observation);
    }
    observation.end(performance.now());
    observation.status = response.status;
    this.record(observation);
    const trouble = this.options.home.bookkeeping.line(this.options.home.metrics.environment);
    if (trouble !== undefined) this.emit(trouble);
    const headers = identityHeaders(identity, response.headers);
    return {
      status: response.status,
      headers: observation.releaseAge === undefined ? headers : withReleaseAge(headers, observation.releaseAge),
      body: request.method === 'HEAD' ? '' : response.body,
    };
  }

  /**
   * Reads the releases now, and waits until they are served. Does not throw: what cannot be read or loaded leaves things
   * as they were.
   */
  refresh(): Promise<void> {
    return this.models.refresh();
  }

  /** The same, but does not wait for what is being loaded. */
  look(): Promise<void> {
    return this.models.look();
  }

  /** Waits for a refresh that is under way, at most so long: a frozen function would not finish it. */
  settle(ms: number): Promise<void> {
    return this.models.settle(ms);
  }

  /** How many damaged copies in its cache were replaced, by kind. */
  get healed(): ReadonlyMap<string, number> {
    return this.models.healed;
  }

  /** What every model serves now, by name. */
  reports(): ReadonlyMap<string, ServingReport> {
    return this.models.reports();
  }

  /** Frees all models. Nothing may be handled afterwards. */
  close(): Promise<void> {
    return this.models.close(() => this.mirror.settle());
  }

  /**
   * Turns a caller away who has sent too many requests, before anything is read or unpacked for it.
   *
   * @throws ProtocolError 429
   */
  private limit(operation: Operation, { caller = 'unknown' }: HttpRequest, observation: Observation): void {
    if (operation.kind === 'show' || operation.kind === 'describe' || operation.kind === 'release') return;
    // A model to be loaded may not be known yet.
    const model =
      operation.kind === 'repository' ? this.models.find(operation.model) : this.models.get(operation.model);
    if (model?.rateLimit === undefined) return;
    const { limit, route } = model.rateLimit;
    const wait = this.callers.take(`${model.name} ${caller}`, limit, observation.at);
    observation.limited = wait > 0;
    if (!observation.limited) return;
    observation.model = model.name;
    observation.route = route;
    throw new ProtocolError(
      429,
      `too many requests: ${limit.perSecond} a second are allowed, ${limit.burst} at once; try again in ${wait.toFixed(3)} s`,
      { retryAfterSeconds: wait },
    );
  }

  /** What is served, as far as it is the caller's to see. */
  private catalogOf({ models }: HttpRequest): Catalog {
    const { catalog } = this.models;
    return models === undefined ? catalog : limitedCatalog(catalog, models);
  }

  private dispatch(
    operation: Operation,
    request: HttpRequest,
    requestId: string,
    observation: Observation,
  ): Promise<HttpResponse> | HttpResponse {
    const { models } = this;
    switch (operation.kind) {
      case 'infer':
        return this.infer(operation, { http: request, id: requestId, observation });
      case 'explain':
        return this.explain(operation, { http: request, id: requestId, observation });
      case 'feedback':
        return feedback(models.get(operation.model), operation, request, {
          store: this.truths,
          quota: this.truthQuota,
          bookkeeping: this.options.home.bookkeeping,
          now: observation.at,
        });
      case 'show':
        return operation.show(this.catalogOf(request), request);
      case 'describe':
        return operation.describe(this.catalogOf(request));
      case 'release':
        return this.release(operation, observation);
      case 'repository':
        return this.repository(operation, request);
    }
  }

  /**
   * The model that a request is for, once what is known of its release is young enough for an answer. Most often it is,
   * and then a promise would cost more than the rest.
   *
   * @throws ProtocolError 404 or 503
   */
  private current(name: string | undefined, observation: Observation): ServedModel | Promise<ServedModel> {
    const model = this.models.get(name);
    const waiting = this.models.freshen(model, { monotonic: observation.started, wall: observation.at });
    if (waiting === undefined) return model;
    return waiting.then((age) => {
      observation.releaseAge = age;
      return model;
    });
  }

  private async release(
    { model: name }: Extract<Operation, { kind: 'release' }>,
    observation: Observation,
  ): Promise<HttpResponse> {
    const model = await this.current(name, observation);
    return json(200, { ...model.report(), instance: this.instance });
  }

  /** Who answers a request, and what they need for it. @throws ProtocolError 404 or 503 */
  private assign<Call extends InferCall | ExplainCall>(
    model: ServedModel,
    operation: RequestTarget & { readonly decode: Decode<Call> },
    request: IdentifiedRequest,
  ): PredictionJob<Call> {
    const { http, id, observation } = request;
    observation.model = model.name;
    const target = routeTarget(operation, http.headers);
    const unit = routingUnit(http.headers);
    const route = choose(model, target, unit ?? id);
    return {
      model: model.name,
      route,
      loaded: model.loadedVersion(route.version),
      request: http,
      decode: operation.decode,
      id,
      unit,
      revision: model.revision,
      named: namesVersion(target),
      observation,
      emit: (line) => this.capture(http.caller, line, observation.at),
    };
  }

  private async infer(
    operation: Extract<Operation, { kind: 'infer' }>,
    request: IdentifiedRequest,
  ): Promise<HttpResponse> {
    const found = this.current(operation.model, request.observation);
    const model = found instanceof Promise ? await found : found;
    const job = this.assign(model, operation, request);
    const given = await predict(job);
    const { shadow } = model;
    if (shadow !== undefined && shadow.version !== job.route.version)
      await this.mirror.send(job, given, shadow, model.loadedVersion(shadow.version));
    return withPredictionHeaders(given.response, given.id, job.route);
  }

  private async explain(
    operation: Extract<Operation, { kind: 'explain' }>,
    request: IdentifiedRequest,
  ): Promise<HttpResponse> {
    const model = await this.current(operation.model, request.observation);
    const job = this.assign(model, operation, request);
    const { id, response } = await explain(job, this.options.home);
    return withPredictionHeaders(response, id, job.route);
  }

  private async repository(
    { action, model, decode, encode }: Extract<Operation, { kind: 'repository' }>,
    request: HttpRequest,
  ): Promise<HttpResponse> {
    decode(request);
    await this.models[action](model);
    return encode();
  }

  private failure(protocol: Protocol, error: unknown, observation: Observation): HttpResponse {
    // Operators are told what callers are not.
    const inside = error instanceof UnansweredError ? error.cause : error;
    if (outcomeOf(error) === 'internal') this.complain('a request failed', inside, observation.request);
    return withHints(protocol.fail(faultOfError(error)), error);
  }

  /** Lets a capture out, unless its caller has filled its share: the answer stands, and the loss is counted. */
  private capture(caller = 'unknown', line: string, now: number): void {
    const { captureBytesPerMinute: burst = CAPTURE_BYTES_PER_MINUTE, home } = this.options;
    // A line that is larger than a share is one all the same.
    const cost = Math.min(line.length, burst);
    if (this.captured.take(caller, { perSecond: burst / 60, burst }, now, cost) === 0) this.emit(line);
    else home.bookkeeping.lost('captures', 'quota', 1);
  }

  private record(observation: Observation): void {
    for (const sink of this.sinks) sink.record(observation);
  }

  private signal(model: string, route: Route | undefined, values: Signals): void {
    if (route === undefined) return;
    const at = this.options.home.clock.now().getTime();
    for (const sink of this.sinks) sink.signal?.(model, route, at, values);
  }
}

/**
 * An operation with the model that it means, where its caller may use some models only.
 *
 * @throws ProtocolError 403 when it is another, whether there is such a model or not
 */
function withinModels(operation: Operation, catalog: Catalog, { models, credential }: HttpRequest): Operation {
  if (models === undefined || operation.kind === 'show' || operation.kind === 'describe') return operation;
  const model = modelOf(catalog, operation.model);
  if (!models.includes(model)) throw new ProtocolError(403, `${credential} may use ${models.join(', ')} only`);
  return { ...operation, model };
}

/** @throws ProtocolError 413 */
function assertSize(request: HttpRequest, limit: number): void {
  const { body } = request;
  // A UTF-16 unit is at most three bytes: only a text near the limit has to be measured.
  const bytes = typeof body === 'string' && body.length * 3 > limit ? Buffer.byteLength(body) : body.length;
  if (bytes > limit) throw new ProtocolError(413, `the body has ${bytes} bytes, at most ${limit} are allowed`);
}
