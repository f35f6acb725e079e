import type { CaptureInput } from '../../core/captures/capture-line.ts';
import type { Checked } from '../../core/contract/check.ts';
import { InputError } from '../../core/contract/input-error.ts';
import type { FeatureValues } from '../../core/contract/raw-tensor.ts';
import { RedactedError } from '../../core/contract/redacted-error.ts';
import type { OutOfDistributionFinding } from '../../core/guards/outliers.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import { confidenceOf } from '../../core/observability/confidence.ts';
import type { Observation, RequestOutcome } from '../../core/observability/observation.ts';
import { type Decode, type InferCall, ProtocolError } from '../../core/protocols/protocol.ts';
import { cacheUse } from '../../core/serving/cache-use.ts';
import { isSampled } from '../../core/serving/hash.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import { instant } from '../../core/serving/instant.ts';
import type { Route } from '../../core/serving/route.ts';
import { FeedError, FeedSizeError, ModelLostError, RunError } from '../../platform/onnx/errors.ts';
import { fill, outcomeOf } from './error-mapping.ts';
import { failingRow } from './failing-row.ts';
import { outOfDistributionHeader, outOfDistributionMessage } from './guards.ts';
import { decisionScores, type LoadedVersion, rejection } from './loaded-version.ts';
import { UnansweredError } from './unanswered-error.ts';

/** A decoded request, whatever its answer is to be. */
type Asked = Omit<InferCall, 'encode'>;

/** One request on its way to one version. */
export interface PredictionJob<Call extends Asked = InferCall> {
  readonly model: string;
  readonly route: Route;
  readonly loaded: LoadedVersion;
  readonly request: HttpRequest;
  readonly decode: Decode<Call>;
  /** Prediction id, unless the body brings its own. */
  readonly id: string;
  /** What was given a version at random; undefined where it is nothing but the request. */
  readonly unit: string | undefined;
  /** Revision of the release by which it was routed. */
  readonly revision: number;
  /** Whether the request names its version or variant. */
  readonly named: boolean;
  /** Filled in on the way; whoever made it hands it to the sinks. */
  readonly observation: Observation;
  /** Takes capture lines, without line ends. */
  readonly emit: (line: string) => void;
}

export interface PredictionResult {
  readonly id: string;
  readonly response: HttpResponse;
  /** What the model said, before anything is held back from the caller. */
  readonly outputs: Outputs;
}

/** A request that may run: decoded, identified, and kept to its contract. */
export interface Admitted<Call extends Asked = InferCall> {
  readonly call: Call;
  readonly id: string;
  /** Whether the id is among those that are captured. */
  readonly sampled: boolean;
  readonly checked: Checked;
  /** What of it is unlike the baseline; undefined where all is like it, and where nobody looks. */
  readonly unusual: OutOfDistributionFinding | undefined;
}

type Outputs = Readonly<Record<string, TensorData>>;

/** How far a request has come: what is known of one that fails. */
interface Progress {
  id?: string;
  checked?: Checked;
  unusual?: OutOfDistributionFinding | undefined;
}

/** Longest prediction id: it goes into a header and into every capture. */
const MAX_ID = 200;

/**
 * decode -> check -> infer -> encode -> record. Each step's time goes into the observation.
 *
 * @throws ProtocolError or InputError for the caller's faults; anything else is ours
 */
export function predict(job: PredictionJob): Promise<PredictionResult> {
  const progress: Progress = {};
  return attempt(job, async () => {
    try {
      const admitted = admitRequest(job, progress);
      const outputs = await runModel(job, admitted);
      const response = encode(job, admitted, outputs);
      record(job, admitted, outputs);
      return { id: admitted.id, response, outputs };
    } catch (error) {
      captureFailure(job, progress, outcomeOf(error));
      throw error;
    }
  });
}

/** Holds the version in memory while something is done with it, and sees how that ends. */
export async function attempt<T>(
  { loaded, model, route, named, observation }: PredictionJob<Asked>,
  work: () => Promise<T>,
): Promise<T> {
  observation.model = model;
  observation.route = route;
  observation.named = named;
  observation.begin(performance.now());
  loaded.running++;
  try {
    return await work();
  } catch (error) {
    observation.broken = error instanceof InputError;
    const refused = error instanceof ProtocolError || error instanceof InputError;
    fill(observation, !refused && loaded.personal ? new RedactedError(error) : error);
    throw observation.error;
  } finally {
    loaded.running--;
    observation.end(performance.now());
  }
}

/**
 * Decodes and checks.
 *
 * @param progress is told of each step that is done
 * @throws ProtocolError or InputError
 */
export function admitRequest<Call extends Asked>(job: PredictionJob<Call>, progress: Progress = {}): Admitted<Call> {
  const { loaded, observation } = job;
  const call = decode(job);
  const id = call.id ?? job.id;
  observation.id = id;
  progress.id = id;
  const sampled = isCaptured(loaded, id);
  return { call, id, sampled, ...check(job, call, { sampled, progress }) };
}

const isCaptured = ({ captureShare }: LoadedVersion, id: string): boolean =>
  captureShare > 0 && isSampled(id, captureShare);

function decode<Call extends Asked>({ decode, request, loaded, observation, id }: PredictionJob<Call>): Call {
  const call = decode(request, loaded.protocolModel);
  const { length } = call.id ?? id;
  if (length > MAX_ID) throw new ProtocolError(400, `the id has ${length} characters, at most ${MAX_ID} are allowed`);
  assertBatch(loaded, call);
  observation.lap('decode', performance.now());
  return call;
}

/** Before anything is allocated for it. */
function assertBatch(loaded: LoadedVersion, call: Asked): void {
  for (const [name, { shape }] of call.inputs) {
    if (shape.length > 0 && shape[0]! > loaded.maxBatch && loaded.protocolModel.inputs.get(name)?.shape[0] === -1)
      throw new ProtocolError(400, `input ${name} has ${shape[0]} rows, at most ${loaded.maxBatch} are allowed`);
  }
}

function check(
  { loaded, observation }: PredictionJob<Asked>,
  call: Asked,
  { sampled, progress }: { readonly sampled: boolean; readonly progress: Progress },
): Pick<Admitted, 'checked' | 'unusual'> {
  const { outliers } = loaded;
  const checked = loaded.check.run(loaded.prepare(call.inputs), sampled || outliers !== undefined);
  progress.checked = checked;
  if (checked.rejected > 0) throw new InputError(rejection(checked));
  observation.tolerated = checked.tolerated;
  const unusual = outliers?.judge(keptOf(checked), checked.rows);
  progress.unusual = unusual;
  if (outliers !== undefined) observation.outOfDistribution = unusual?.rows ?? 0;
  if (outliers?.refuse && unusual !== undefined) throw new InputError(outOfDistributionMessage(unusual));
  observation.lap('check', performance.now());
  return { checked, unusual };
}

/** Runs the model, or gives what it gave before; what decides and what is captured is always among what comes back. */
export async function runModel(
  { loaded, request, observation }: PredictionJob<Asked>,
  { call, checked }: Admitted<Asked>,
): Promise<Outputs> {
  let wanted = call.outputs;
  if (wanted !== undefined)
    for (const own of [loaded.decision?.output, loaded.outputs.probabilities])
      if (own !== undefined && !wanted.includes(own)) wanted = [...wanted, own];
  const run = (): Promise<Outputs> => loaded.model.run(checked.tensors, wanted, observation);
  try {
    const outputs = await (loaded.answers === undefined ? run() : kept());
    observation.lap('infer', performance.now());
    return outputs;
  } catch (cause) {
    if (cause instanceof FeedSizeError) throw new ProtocolError(413, cause.message, { cause });
    if (cause instanceof ModelLostError) throw new ProtocolError(500, cause.message, { cause });
    if (cause instanceof FeedError) throw new InputError(cause.message, { cause });
    if (cause instanceof RunError && loaded.rehearsed) {
      const row = checked.rows > 1 ? await failingRow(loaded, checked.tensors, checked.rows) : undefined;
      throw new UnansweredError(loaded.personal ? new RedactedError(cause) : cause, row);
    }
    throw cause;
  }

  async function kept(): Promise<Outputs> {
    const use = { ...cacheUse(request.headers['cache-control']), caller: request.caller };
    const answers = loaded.answers!;
    const key = answers.keyOf(checked.tensors, wanted);
    const { outputs, hit } = await answers.get(key, use, observation.at, run);
    if (use.read) observation.cache = hit ? 'hit' : 'miss';
    return outputs;
  }
}

/** What the caller may see of the outputs, in the caller's protocol. */
function encode(
  { model, loaded, observation }: PredictionJob,
  { call, id, checked: { rows }, unusual }: Admitted,
  outputs: Outputs,
): HttpResponse {
  const shown = loaded.disclose === undefined ? outputs : loaded.disclose(outputs);
  const response = call.encode({ model, version: loaded.version, id, rows, outputs: shown });
  observation.lap('encode', performance.now());
  if (unusual === undefined && loaded.answers === undefined) return response;
  const headers: Record<string, string> = { ...response.headers };
  if (unusual !== undefined) headers['x-trimtab-out-of-distribution'] = outOfDistributionHeader(unusual);
  if (loaded.answers !== undefined) headers['x-trimtab-cache'] = observation.cache ?? 'bypass';
  return { ...response, headers };
}

/** What a check kept of the rows, of features and of whole tensors. */
const keptOf = ({ values, summaries }: Checked): readonly FeatureValues[] =>
  summaries.length === 0 ? values : [...values, ...summaries];

/** Notes what the model said, and writes the capture line when the id is sampled. */
function record(job: PredictionJob, { id, sampled, checked, unusual }: Admitted, outputs: Outputs): void {
  const { rows } = checked;
  const { observation, loaded } = job;
  observation.rows = rows;
  observation.scores = decisionScores(loaded, outputs, rows);
  observation.probable = loaded.decision?.task === 'binary';
  observation.nominal = loaded.decision?.task === 'multiclass';
  const distribution = loaded.distribution && outputs[loaded.distribution];
  if (distribution) observation.confidence = confidenceOf(distribution, rows);
  if (sampled)
    capture(job, { id, checked, unusual }, { outputs: loaded.outputs.read(outputs, rows, observation.scores) });
}

/** Writes the capture line of a request that got no answer: what it asked, as far as it was read, and whose fault it is. */
function captureFailure(job: PredictionJob, progress: Progress, outcome: RequestOutcome): void {
  const { id = job.id } = progress;
  // An id that was refused for its length is no prediction's.
  if (outcome === 'ok' || id.length > MAX_ID || !isCaptured(job.loaded, id)) return;
  capture(job, { ...progress, id }, { outputs: {}, failed: outcome });
}

function capture(
  { loaded, route, observation, request, unit, revision, named, emit }: PredictionJob,
  { id, checked, unusual }: Progress & { readonly id: string },
  ended: Pick<CaptureInput, 'outputs' | 'failed'>,
): void {
  for (const line of loaded.capture.lines({
    id,
    version: route.version,
    variant: route.variant,
    at: instant(observation.at),
    rows: checked?.rows ?? 1,
    ms: performance.now() - observation.started,
    values: checked === undefined ? [] : keptOf(checked),
    ...ended,
    findings: checked?.findings ?? [],
    outOfDistribution: unusual?.rows,
    subject: request.headers['x-trimtab-subject'],
    unit,
    principal: request.principal,
    revision,
    named,
  }))
    emit(line);
}
