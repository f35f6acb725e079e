import type { Checked, FeatureValues } from '../../core/contract/check.ts';
import { InputError } from '../../core/contract/elements.ts';
import { RedactedError } from '../../core/contract/redacted-error.ts';
import type { OutOfDistribution } from '../../core/guards/outliers.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import { confidenceOf } from '../../core/observability/confidence.ts';
import type { Observation } from '../../core/observability/observation.ts';
import { type Decode, type InferCall, ProtocolError } from '../../core/protocols/protocol.ts';
import { cacheUse } from '../../core/serving/cache-use.ts';
import { isSampled } from '../../core/serving/hash.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import { instant } from '../../core/serving/instant.ts';
import type { Route } from '../../core/serving/route.ts';
import { FeedError } from '../../platform/onnx/errors.ts';
import { fill } from './error-mapping.ts';
import { outOfDistributionHeader, outOfDistributionMessage } from './guards.ts';
import { decisionScores, type LoadedVersion, rejection } from './loaded-version.ts';

/** A decoded request, whatever its answer is to be. */
type Asked = Omit<InferCall, 'encode'>;

/** One request on its way to one version. */
export interface PredictionJob<Call extends Asked = InferCall> {
  readonly model: string;
  readonly route: Route;
  readonly resident: LoadedVersion;
  readonly request: HttpRequest;
  readonly decode: Decode<Call>;
  /** Prediction id, unless the body brings its own. */
  readonly id: string;
  /** Filled in on the way; whoever made it hands it to the sinks. */
  readonly seen: Observation;
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
  readonly unusual: OutOfDistribution | undefined;
}

type Outputs = Readonly<Record<string, TensorData>>;

/** Longest prediction id: it goes into a header and into every capture. */
const MAX_ID = 200;

/**
 * decode -> check -> infer -> encode -> record. Each step's time goes into the observation.
 *
 * @throws ProtocolError or InputError for the caller's faults; anything else is ours
 */
export function predict(job: PredictionJob): Promise<PredictionResult> {
  return attempt(job, async () => {
    const admitted = admitRequest(job);
    const outputs = await runModel(job, admitted);
    const response = encode(job, admitted, outputs);
    record(job, admitted, outputs);
    return { id: admitted.id, response, outputs };
  });
}

/** Holds the version in memory while something is done with it, and sees how that ends. */
export async function attempt<T>(
  { resident, model, route, seen }: PredictionJob<Asked>,
  work: () => Promise<T>,
): Promise<T> {
  seen.model = model;
  seen.route = route;
  seen.begin(performance.now());
  resident.running++;
  try {
    return await work();
  } catch (error) {
    seen.broken = error instanceof InputError;
    const refused = error instanceof ProtocolError || error instanceof InputError;
    fill(seen, !refused && resident.personal ? new RedactedError(error) : error);
    throw seen.error;
  } finally {
    resident.running--;
    seen.end(performance.now());
  }
}

/** Decodes and checks. @throws ProtocolError or InputError */
export function admitRequest<Call extends Asked>(job: PredictionJob<Call>): Admitted<Call> {
  const { resident, seen } = job;
  const call = decode(job);
  const id = call.id ?? job.id;
  seen.id = id;
  const sampled = resident.captureShare > 0 && isSampled(id, resident.captureShare);
  return { call, id, sampled, ...check(job, call, sampled) };
}

function decode<Call extends Asked>({ decode, request, resident, seen, id }: PredictionJob<Call>): Call {
  const call = decode(request, resident.wire);
  const { length } = call.id ?? id;
  if (length > MAX_ID) throw new ProtocolError(400, `the id has ${length} characters, at most ${MAX_ID} are allowed`);
  assertBatch(resident, call);
  seen.lap('decode', performance.now());
  return call;
}

/** Before anything is allocated for it. */
function assertBatch(resident: LoadedVersion, call: Asked): void {
  for (const [name, { shape }] of call.inputs) {
    if (shape.length > 0 && shape[0]! > resident.maxBatch && resident.wire.inputs.get(name)?.shape[0] === -1)
      throw new ProtocolError(400, `input ${name} has ${shape[0]} rows, at most ${resident.maxBatch} are allowed`);
  }
}

function check(
  { resident, seen }: PredictionJob<Asked>,
  call: Asked,
  sampled: boolean,
): Pick<Admitted, 'checked' | 'unusual'> {
  const { outliers } = resident;
  const checked = resident.check.run(resident.prepare(call.inputs), sampled || outliers !== undefined);
  if (checked.rejected > 0) throw new InputError(rejection(checked));
  seen.tolerated = checked.tolerated;
  const unusual = outliers?.judge(keptOf(checked), checked.rows);
  if (outliers !== undefined) seen.outOfDistribution = unusual?.rows ?? 0;
  if (outliers?.refuse && unusual !== undefined) throw new InputError(outOfDistributionMessage(unusual));
  seen.lap('check', performance.now());
  return { checked, unusual };
}

/** Runs the model, or gives what it gave before; the decision's output is always among what comes back. */
export async function runModel(
  { resident, request, seen }: PredictionJob<Asked>,
  { call, checked }: Admitted<Asked>,
): Promise<Outputs> {
  let wanted = call.outputs;
  const decisive = resident.decision?.output;
  if (wanted !== undefined && decisive !== undefined && !wanted.includes(decisive)) wanted = [...wanted, decisive];
  const run = (): Promise<Outputs> => resident.model.run(checked.tensors, wanted, seen);
  try {
    const outputs = await (resident.answers === undefined ? run() : kept());
    seen.lap('infer', performance.now());
    return outputs;
  } catch (cause) {
    throw cause instanceof FeedError ? new InputError(cause.message, { cause }) : cause;
  }

  async function kept(): Promise<Outputs> {
    const use = cacheUse(request.headers['cache-control']);
    const { outputs, hit } = await resident.answers!.get(checked.tensors, wanted, use, seen.at, run);
    if (use.read) seen.cache = hit ? 'hit' : 'miss';
    return outputs;
  }
}

/** What the caller may see of the outputs, in the caller's protocol. */
function encode(
  { model, resident, seen }: PredictionJob,
  { call, id, unusual }: Admitted,
  outputs: Outputs,
): HttpResponse {
  const shown = resident.disclose === undefined ? outputs : resident.disclose(outputs);
  const response = call.encode({ model, version: resident.version, id, outputs: shown });
  seen.lap('encode', performance.now());
  if (unusual === undefined && resident.answers === undefined) return response;
  const headers: Record<string, string> = { ...response.headers };
  if (unusual !== undefined) headers['x-trimtab-out-of-distribution'] = outOfDistributionHeader(unusual);
  if (resident.answers !== undefined) headers['x-trimtab-cache'] = seen.cache ?? 'bypass';
  return { ...response, headers };
}

/** What a check kept of the rows, of features and of whole tensors. */
const keptOf = ({ values, summaries }: Checked): readonly FeatureValues[] =>
  summaries.length === 0 ? values : [...values, ...summaries];

/** Notes what the model said, and writes the capture line when the id is sampled. */
function record(job: PredictionJob, { id, sampled, checked, unusual }: Admitted, outputs: Outputs): void {
  const { rows, tolerated } = checked;
  job.seen.rows = rows;
  job.seen.scores = decisionScores(job.resident, outputs, rows);
  job.seen.probable = job.resident.decision?.task === 'binary';
  const distribution = job.resident.distribution && outputs[job.resident.distribution];
  if (distribution) job.seen.confidence = confidenceOf(distribution, rows);
  if (!sampled) return;
  const { variant, version } = job.route;
  for (const line of job.resident.capture.lines({
    id,
    version,
    variant,
    at: instant(job.seen.at),
    rows,
    values: keptOf(checked),
    scores: job.seen.scores,
    violations: tolerated + (unusual?.rows ?? 0),
    subject: job.request.headers['x-trimtab-subject'],
  }))
    job.emit(line);
}
