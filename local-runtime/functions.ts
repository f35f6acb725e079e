import type { AlarmTransition } from '../core/alarms/alarm.ts';
import type { ProducerSchedules } from '../core/alarms/schedules.ts';
import { advance } from '../functions/advance/trigger.ts';
import { drift } from '../functions/drift/trigger.ts';
import type { FunctionSpec } from '../functions/function-spec.ts';
import { groundTruth } from '../functions/ground-truth/trigger.ts';
import { replay } from '../functions/replay/trigger.ts';
import { rollback } from '../functions/rollback/trigger.ts';
import { validate } from '../functions/validate/trigger.ts';
import { workerEntry } from '../platform/onnx/worker/worker-entry.ts';
import type { EndpointProbe, Home, ObjectInfo } from '../platform/ports.ts';
import { NoBaselineError, runDriftDetection } from '../usecases/drift/detect-drift.ts';
import { joinGroundTruth } from '../usecases/ground-truth/join-ground-truth.ts';
import { PredictionIndex } from '../usecases/ground-truth/prediction-index.ts';
import { countInputs } from '../usecases/quality/count-inputs.ts';
import { UnreadableHours } from '../usecases/quality/unreadable-hours.ts';
import { RuleBook } from '../usecases/quality/version-rules.ts';
import { advanceRollouts } from '../usecases/release/advance-rollouts.ts';
import { rollBack } from '../usecases/release/roll-back.ts';
import { Replay } from '../usecases/replay/replay-releases.ts';
import { validateDrop } from '../usecases/validation/validate-drop.ts';

/** A function as the local runtime calls it: the use case that its Lambda handler calls, with the same triggers. */
export interface LocalFunction {
  readonly spec: FunctionSpec;
  /** For `schedule` triggers. */
  readonly scheduled?: (now: Date) => Promise<unknown>;
  /** For `object-created` triggers. */
  readonly created?: (object: ObjectInfo) => Promise<unknown>;
  /** For `alarm` triggers. */
  readonly alarmed?: (transition: AlarmTransition) => Promise<unknown>;
}

export interface LocalFunctionsOptions {
  /** Looks at what is served. */
  readonly probe: EndpointProbe;
  /** @default nowhere */
  readonly log?: (line: string) => void;
  /** How often those run whose metrics alarms look at. @default as deployed */
  readonly schedules?: ProducerSchedules;
}

/** All functions of the app except the endpoint, which the local runtime serves itself. */
export function localFunctions(
  home: Home,
  { probe, log = () => undefined, schedules }: LocalFunctionsOptions,
): LocalFunction[] {
  const index = new PredictionIndex(home, new RuleBook(home));
  const hours = new UnreadableHours();
  const again = new Replay(home, { entry: workerEntry() });
  return [
    { spec: validate, created: ({ key, versionId }) => validateDrop(home, { key, versionId }) },
    { spec: drift, scheduled: (now) => driftOfAll(home, now) },
    {
      spec: groundTruth,
      scheduled: async (now) => {
        const summary = await joinGroundTruth(home, now, index);
        for (const { message } of hours.changes(summary.unreadable)) log(message);
        await countInputs(home, now);
        return summary;
      },
    },
    {
      spec: replay,
      scheduled: async (now) => {
        const done = await again.run(now);
        for (const { model, suspect, problems } of done)
          for (const problem of problems) log(`replay of ${model} ${suspect}: ${problem}`);
        return done;
      },
    },
    { spec: advance, scheduled: (now) => advanceRollouts(home, now, probe, { schedules }) },
    { spec: rollback, alarmed: (transition) => rollBack(home, probe, transition) },
  ];
}

async function driftOfAll(home: Home, now: Date): Promise<void> {
  for (const model of await home.ledger.models())
    try {
      await runDriftDetection(home, { model, now });
    } catch (error) {
      // A model without a release or a baseline cannot have drift.
      if (!(error instanceof NoBaselineError)) throw error;
    }
}
