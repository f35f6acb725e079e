import type { Manifest } from '../manifest/manifest.ts';
import { qualityOf } from '../manifest/quality-of.ts';
import type { JudgeRules } from './rules.ts';

/** Chance of taking a good version back, and of taking a step with a bad one. */
const TAKE_BACK_LEVEL = 0.005;
const STEP_LEVEL = 0.05;
/** What the first gate lets pass: twice the champion's rate, and 5 points of failed or slow answers. */
const FIRST_MARGIN = 1;
const OPERATION_FLOOR = { first: 0.05, last: 0.005 };
/** A margin of nothing would never be met. */
const MIN_MARGIN = 1e-6;

/** What a version is judged by, as its manifest has it. */
export function judgeRulesOf(manifest: Manifest): JudgeRules {
  const { rollout, monitoring, quality, truth } = manifest;
  const { metrics, minClassShare, patienceMs } = qualityOf(manifest);
  return {
    takeBackLevel: TAKE_BACK_LEVEL,
    stepLevel: STEP_LEVEL,
    margin: { first: FIRST_MARGIN, last: Math.max(MIN_MARGIN, quality.margin) },
    quality: metrics.map(({ metric, class: name, margin, floor }) => ({
      metric,
      ...(name === undefined ? {} : { class: name }),
      margin,
      floor: Math.max(MIN_MARGIN, floor),
    })),
    minClassShare,
    operationFloor: OPERATION_FLOOR,
    slowMs: monitoring.maxLatencyMs,
    patienceSeconds: patienceMs / 1_000,
    youngDays: rollout.youngDays,
    needsTruth: needsTruth(truth?.expected),
  };
}

function needsTruth(expected: boolean | undefined): JudgeRules['needsTruth'] {
  if (expected === undefined) return 'where-known';
  return expected ? 'yes' : 'no';
}
