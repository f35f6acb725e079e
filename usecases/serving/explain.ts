import { readFile } from 'node:fs/promises';
import { InputError } from '../../core/contract/input-error.ts';
import type { Explanation } from '../../core/explain/explanation.ts';
import { roundedExplanation } from '../../core/guards/disclosure.ts';
import { type ExplainCall, ProtocolError } from '../../core/protocols/protocol.ts';
import type { Home } from '../../platform/ports.ts';
import { withTimeout } from '../../platform/with-timeout.ts';
import type { Explainer } from '../explanations/explainer.ts';
import type { LoadedVersion } from './loaded-version.ts';
import {
  type Admitted,
  admitRequest,
  attempt,
  type PredictionJob,
  type PredictionResult,
  runModel,
} from './predict.ts';

/** How long the artifact store may take to give a baseline; milliseconds. */
const BASELINE_MS = 5_000;

/**
 * decode -> check -> infer -> explain -> encode. Nothing is captured, and no score is counted: an explanation is a
 * question about a prediction, not another one.
 *
 * @throws ProtocolError or InputError for the caller's faults; anything else is ours
 */
export function explain(
  job: PredictionJob<ExplainCall>,
  home: Pick<Home, 'artifacts'>,
): Promise<Pick<PredictionResult, 'id' | 'response'>> {
  return attempt(job, async () => {
    assertDisclosed(job.loaded);
    const admitted = admitRequest(job);
    const explainer = await explainerOf(job.loaded, home);
    assertRows(explainer, admitted);
    const outputs = await runModel(job, admitted);
    const { call, checked, id } = admitted;
    const explanation = await explainer.explain(checked.tensors, checked.rows, call.options);
    job.observation.lap('explain', performance.now());
    job.observation.rows = checked.rows;
    const shown = job.loaded.disclose?.(outputs) ?? outputs;
    const response = call.encode({
      model: job.model,
      version: job.loaded.version,
      id,
      rows: checked.rows,
      outputs: shown,
      explanation: shownOf(explanation, job.loaded),
    });
    job.observation.lap('encode', performance.now());
    return { id, response };
  });
}

/** Values add up to the score: where that is kept back, so are they. */
function assertDisclosed({ record: { model, manifest } }: LoadedVersion): void {
  const confidence = manifest.guards?.confidence ?? 'full';
  if (confidence !== 'full')
    throw new ProtocolError(
      403,
      `predictions of model ${model} are not explained: it tells ${confidence} of its confidence, and an explanation would tell all`,
    );
}

/** As far as the model's manifest lets callers see numbers. */
function shownOf(explanation: Explanation, { record: { manifest } }: LoadedVersion): Explanation {
  const decimals = manifest.guards?.round;
  return decimals === undefined ? explanation : roundedExplanation(explanation, decimals);
}

function assertRows({ settings: { maxRows } }: Explainer, { checked: { rows } }: Admitted<ExplainCall>): void {
  if (rows > maxRows) throw new InputError(`the request has ${rows} rows, at most ${maxRows} are explained at once`);
}

/** The explainer of a version, made when it is first asked for: a start that explains nothing pays for none of it. */
function explainerOf(loaded: LoadedVersion, home: Pick<Home, 'artifacts'>): Promise<Explainer> {
  loaded.explainer ??= open(loaded, home).catch((error) => {
    // The store may be there again the next time.
    loaded.explainer = undefined;
    throw error;
  });
  return loaded.explainer;
}

async function open({ record, path, model }: LoadedVersion, home: Pick<Home, 'artifacts'>): Promise<Explainer> {
  if (record.baseline === undefined)
    throw new ProtocolError(501, `version ${record.version} of ${record.model} has no baseline to compare with`);
  const [{ createExplainer }, { baselineOf }] = await Promise.all([
    import('../explanations/create-explainer.ts'),
    import('../registry/load-baseline.ts'),
  ]);
  const baseline = await withTimeout(BASELINE_MS, 'the artifact store', baselineOf(home, record)).catch((cause) => {
    throw new ProtocolError(503, 'the baseline to compare with cannot be read now, try again later', { cause });
  });
  const { manifest, signature } = record;
  return createExplainer({ model, signature, manifest, file: () => readFile(path), baseline: baseline! });
}
