import type { MetricName } from '../../core/alarms/alarm.ts';
import type { Checked } from '../../core/contract/check.ts';
import { InputError } from '../../core/contract/elements.ts';
import type { TensorData } from '../../core/model/tensor.ts';
import { type Decode, type InferCall, ProtocolError } from '../../core/protocols/protocol.ts';
import { metricLine } from '../../core/serving/emf.ts';
import { isSampled } from '../../core/serving/hash.ts';
import type { HttpRequest, HttpResponse } from '../../core/serving/http.ts';
import type { Route } from '../../core/serving/route.ts';
import { FeedError } from '../../platform/onnx/errors.ts';
import { WithheldError } from '../withheld.ts';
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
  /** When the request came in: milliseconds since 1970, and by `performance.now()`. */
  readonly at: number;
  readonly started: number;
  /** Takes metric and capture lines, without line ends. */
  readonly emit: (line: string) => void;
}

export interface Answer {
  readonly id: string;
  readonly response: HttpResponse;
}

/** Longest prediction id: it goes into a header and into every capture. */
const LONGEST_ID = 200;

/**
 * Decodes, checks, runs, encodes; then writes the metrics line, and the capture line when the id is sampled. Whatever
 * happens, there is one metrics line.
 *
 * @throws ProtocolError or InputError for the caller's faults; anything else is ours
 */
export async function answer(job: Job): Promise<Answer> {
  const { resident } = job;
  let checked: Checked | undefined;
  resident.running++;
  try {
    const call = job.decode(job.request, resident.wire);
    const id = call.id ?? job.id;
    if (id.length > LONGEST_ID)
      throw new ProtocolError(400, `the id has ${id.length} characters, at most ${LONGEST_ID} are allowed`);
    assertBatch(resident, call);
    const sampled = resident.captureShare > 0 && isSampled(id, resident.captureShare);
    checked = resident.check.run(call.inputs, sampled);
    if (checked.rejected > 0) throw new InputError(rejection(checked));
    const outputs = await runModel(resident, checked, call);
    const response = call.encode({ model: job.model, version: resident.version, id, outputs });
    const scores = scoresOf(resident, outputs, checked.rows);
    if (sampled) capture(job, id, checked, scores);
    measure(job, {
      Failure: 0,
      Violation: checked.tolerated > 0 ? 1 : 0,
      Rows: checked.rows,
      Score: scores.filter(Number.isFinite),
    });
    return { id, response };
  } catch (error) {
    const refused = error instanceof ProtocolError || error instanceof InputError;
    // A run that was too slow, or that nobody had room for, has failed as well, but has nothing to hide.
    const ours = !refused || (error instanceof ProtocolError && error.status >= 500);
    measure(job, { Failure: ours ? 1 : 0, Violation: error instanceof InputError ? 1 : 0 });
    throw !refused && resident.personal ? new WithheldError(error) : error;
  } finally {
    resident.running--;
  }
}

/** Before anything is allocated for it. */
function assertBatch(resident: Resident, call: InferCall): void {
  for (const [name, { shape }] of call.inputs) {
    if (shape.length > 0 && shape[0]! > resident.maxBatch && resident.wire.inputs.get(name)?.shape[0] === -1)
      throw new ProtocolError(400, `input ${name} has ${shape[0]} rows, at most ${resident.maxBatch} are allowed`);
  }
}

async function runModel(resident: Resident, checked: Checked, call: InferCall): Promise<Record<string, TensorData>> {
  let wanted = call.outputs;
  const decisive = resident.decision?.output;
  if (wanted !== undefined && decisive !== undefined && !wanted.includes(decisive)) wanted = [...wanted, decisive];
  try {
    return await resident.model.run(checked.tensors, wanted);
  } catch (cause) {
    throw cause instanceof FeedError ? new InputError(cause.message, { cause }) : cause;
  }
}

function measure(job: Job, values: Partial<Record<MetricName, number | readonly number[]>>): void {
  const latency = Math.round((performance.now() - job.started) * 1000) / 1000;
  const { variant, version } = job.route;
  job.emit(metricLine({ model: job.model, variant, version, at: job.at, values: { ...values, Latency: latency } }));
}

function capture(job: Job, id: string, checked: Checked, scores: readonly number[]): void {
  const { variant, version } = job.route;
  const at = new Date(job.at).toISOString();
  const { rows, values, tolerated } = checked;
  for (const line of job.resident.capture.lines({
    id,
    version,
    variant,
    at,
    rows,
    values,
    scores,
    violations: tolerated,
    subject: job.request.headers['x-trimtab-subject'],
  }))
    job.emit(line);
}
