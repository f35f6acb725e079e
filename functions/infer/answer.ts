import type { Checked } from '../../core/contract/check.ts';
import { InputError } from '../../core/contract/elements.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import { type Decode, type InferCall, ProtocolError } from '../../core/protocols/protocol.ts';
import { isSampled } from '../../core/serving/hash.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import type { Observation } from '../../core/serving/observation.ts';
import type { Route } from '../../core/serving/route.ts';
import { FeedError } from '../../platform/onnx/errors.ts';
import { WithheldError } from '../withheld.ts';
import { outcomeOf } from './outcome.ts';
import { type Resident, rejection, scoresOf } from './resident.ts';

/** One request on its way to one version. */
export interface Job {
  readonly model: string;
  readonly route: Route;
  readonly resident: Resident;
  readonly request: HttpRequest;
  readonly decode: Decode;
  /** Prediction id, unless the body brings its own. */
  readonly id: string;
  /** Filled in on the way; whoever made it hands it to the sinks. */
  readonly seen: Observation;
  /** Takes capture lines, without line ends. */
  readonly emit: (line: string) => void;
}

export interface Answer {
  readonly id: string;
  readonly response: HttpResponse;
}

/** A request that may run: decoded, identified, and kept to its contract. */
export interface Admitted {
  readonly call: InferCall;
  readonly id: string;
  /** Whether the id is among those that are captured. */
  readonly sampled: boolean;
  readonly checked: Checked;
}

/** Longest prediction id: it goes into a header and into every capture. */
const LONGEST_ID = 200;

/**
 * decode -> check -> infer -> encode -> record. Each step's time goes into the observation.
 *
 * @throws ProtocolError or InputError for the caller's faults; anything else is ours
 */
export function answer(job: Job): Promise<Answer> {
  return attempt(job, async () => {
    const admitted = admit(job);
    const outputs = await infer(job, admitted);
    const response = encode(job, admitted, outputs);
    record(job, admitted, outputs);
    return { id: admitted.id, response };
  });
}

/** Holds the version in memory while something is done with it, and sees how that ends. */
export async function attempt<T>({ resident, model, route, seen }: Job, work: () => Promise<T>): Promise<T> {
  seen.model = model;
  seen.route = route;
  seen.begin(performance.now());
  resident.running++;
  try {
    return await work();
  } catch (error) {
    seen.broken = error instanceof InputError;
    seen.outcome = outcomeOf(error);
    const refused = error instanceof ProtocolError || error instanceof InputError;
    seen.error = !refused && resident.personal ? new WithheldError(error) : error;
    throw seen.error;
  } finally {
    resident.running--;
    seen.end(performance.now());
  }
}

/** Decodes and checks. @throws ProtocolError or InputError */
export function admit(job: Job): Admitted {
  const { resident, seen } = job;
  const call = decode(job);
  const id = call.id ?? job.id;
  seen.id = id;
  const sampled = resident.captureShare > 0 && isSampled(id, resident.captureShare);
  const checked = check(job, call, sampled);
  return { call, id, sampled, checked };
}

function decode({ decode, request, resident, seen, id }: Job): InferCall {
  const call = decode(request, resident.wire);
  const { length } = call.id ?? id;
  if (length > LONGEST_ID)
    throw new ProtocolError(400, `the id has ${length} characters, at most ${LONGEST_ID} are allowed`);
  assertBatch(resident, call);
  seen.lap('decode', performance.now());
  return call;
}

/** Before anything is allocated for it. */
function assertBatch(resident: Resident, call: InferCall): void {
  for (const [name, { shape }] of call.inputs) {
    if (shape.length > 0 && shape[0]! > resident.maxBatch && resident.wire.inputs.get(name)?.shape[0] === -1)
      throw new ProtocolError(400, `input ${name} has ${shape[0]} rows, at most ${resident.maxBatch} are allowed`);
  }
}

function check({ resident, seen }: Job, call: InferCall, sampled: boolean): Checked {
  const checked = resident.check.run(call.inputs, sampled);
  if (checked.rejected > 0) throw new InputError(rejection(checked));
  seen.tolerated = checked.tolerated;
  seen.lap('check', performance.now());
  return checked;
}

/** Runs the model; the decision's output is always among what comes back. */
async function infer({ resident, seen }: Job, { call, checked }: Admitted): Promise<Record<string, TensorData>> {
  let wanted = call.outputs;
  const decisive = resident.decision?.output;
  if (wanted !== undefined && decisive !== undefined && !wanted.includes(decisive)) wanted = [...wanted, decisive];
  try {
    const outputs = await resident.model.run(checked.tensors, wanted, seen);
    seen.lap('infer', performance.now());
    return outputs;
  } catch (cause) {
    throw cause instanceof FeedError ? new InputError(cause.message, { cause }) : cause;
  }
}

function encode(
  { model, resident, seen }: Job,
  { call, id }: Admitted,
  outputs: Record<string, TensorData>,
): HttpResponse {
  const response = call.encode({ model, version: resident.version, id, outputs });
  seen.lap('encode', performance.now());
  return response;
}

/** Notes what the model said, and writes the capture line when the id is sampled. */
function record(job: Job, { id, sampled, checked }: Admitted, outputs: Record<string, TensorData>): void {
  const { rows, values, tolerated } = checked;
  job.seen.rows = rows;
  job.seen.scores = scoresOf(job.resident, outputs, rows);
  if (!sampled) return;
  const { variant, version } = job.route;
  for (const line of job.resident.capture.lines({
    id,
    version,
    variant,
    at: new Date(job.seen.at).toISOString(),
    rows,
    values,
    scores: job.seen.scores,
    violations: tolerated,
    subject: job.request.headers['x-trimtab-subject'],
  }))
    job.emit(line);
}
