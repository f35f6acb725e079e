import { setTimeout as sleep } from 'node:timers/promises';
import type { AlarmTransition } from '../../core/alarms/alarm.ts';
import { ReleaseConflictError } from '../../core/registry/errors.ts';
import type { Cause, Entry } from '../../core/registry/ledger.ts';
import type { EndpointProbe, Home } from '../../platform/ports.ts';
import { readEntriesSince } from '../registry/read-history.ts';
import { Registry } from '../registry/registry.ts';
import { definitionsIn } from './alarm-definitions.ts';
import { pageIfAsked, readAsked } from './ask-person.ts';
import { withBoundedEvidence } from './bounded-evidence.ts';
import { judgeModel } from './judge-model.ts';
import { nextCommand } from './next-command.ts';
import { questionsOf } from './questions.ts';
import { retrainedVersion } from './retrained-version.ts';
import { AGAIN_MS } from './verdict-command.ts';
import { awaitVerification, type VerifyOptions } from './verify-rollback.ts';

const ACTOR = 'function:rollback';
/** Others may write the ledger at the same time, in a storm of alarms very many: read again, judge again. */
const ATTEMPTS = 12;
const MAX_WAIT_MS = 5_000;
/** How far the clock that an alarm's transition is of may be ahead of that of the entry that answers it. */
const CLOCKS_DIFFER_MS = 3_600_000;

/**
 * Answers an alarm's transition into ALARM: wakes the judge, writes one entry where that finds something new, and waits
 * until the endpoint follows. It is idempotent: a transition that the ledger has an entry for gets no second one.
 *
 * @returns the entry that answers the alarm, now or from before; undefined when there is nothing new to say
 * @throws ForeignAlarmError when the alarm is of no model of this registry
 */
export async function rollBack(
  home: Home,
  probe: EndpointProbe | undefined,
  alarm: AlarmTransition,
  options: VerifyOptions = {},
): Promise<Entry | undefined> {
  const registry = new Registry(home, ACTOR);
  const cause = { alarm: alarm.alarm, at: alarm.at };
  for (let attempt = 1; ; attempt++) {
    const now = home.clock.now();
    const from = Math.min(Date.parse(alarm.at) - CLOCKS_DIFFER_MS, now.getTime() - AGAIN_MS);
    const entries = await readEntriesSince(home.ledger, alarm.model, new Date(from));
    if (entries.length === 0) throw new ForeignAlarmError(alarm.alarm, `no model is named ${alarm.model}`);
    // A repeat costs no look at the metrics: of a storm, most are.
    const before = answerTo(cause, entries);
    if (before) return verified(before);
    const state = entries.at(-1)!.state;
    const { definitions, baselineErrorRate } = await definitionsIn(home, alarm.model, state);
    const definition = definitions.find(({ name }) => name === alarm.alarm);
    if (!definition) {
      const known = definitions.map(({ name }) => name).join(', ') || 'none';
      throw new ForeignAlarmError(alarm.alarm, `the alarms of ${alarm.model} are: ${known}`);
    }
    const { model, evaluated: window } = alarm;
    const evaluated = new Map(window === undefined ? [] : [[alarm.alarm, window]]);
    // What was before the traffic changed hands says nothing of the release; the judge is awake all the same.
    const up = (window?.to ?? alarm.at) < (state.since ?? '') ? [] : [definition];
    const judged = await judgeModel(home, { model, now, state, up, evaluated, baselineErrorRate });
    const command = await nextCommand(home, {
      ...{ model, now, state, judged, cause },
      // A step is taken on schedule.
      except: ['advance', 'wait'],
      history: () => Promise.resolve(entries),
      asked: await readAsked(home, model),
    });
    if (command === undefined) return undefined;
    try {
      const bounded = await withBoundedEvidence(home, model, command);
      const entry = await registry.apply(model, bounded, { expectedRevision: state.revision });
      const retrained = await retrainedVersion(home, model, entry.state);
      pageIfAsked(home, {
        model,
        now,
        questions: questionsOf({ judged, revision: state.revision, retrained }, entry.state, now),
      });
      return await verified(entry);
    } catch (error) {
      if (!(error instanceof ReleaseConflictError) || attempt === ATTEMPTS) throw error;
      // Apart in time, so that not all come back at once.
      await sleep(Math.random() * Math.min(MAX_WAIT_MS, 50 * 2 ** attempt));
    }
  }

  /** Waits for what was done to be seen; on a second delivery too, for the first may have been cut off. */
  async function verified(entry: Entry): Promise<Entry> {
    if (probe && (entry.kind === 'rolled-back' || entry.kind === 'canary-aborted'))
      await awaitVerification(home, probe, alarm.model, options);
    return entry;
  }
}

/** The entry that answered this very transition, if one did. */
const answerTo = ({ alarm, at }: Cause, entries: readonly Entry[]): Entry | undefined =>
  entries.find(({ cause }) => cause?.alarm === alarm && cause.at === at);

/**
 * An alarm that this registry knows nothing of: of another registry, of a model that is not registered yet, or one that
 * the model's manifest does not define any more. To ask again would not help.
 */
export class ForeignAlarmError extends Error {
  override readonly name = 'ForeignAlarmError';
  constructor(
    readonly alarm: string,
    readonly why: string,
  ) {
    super(`${alarm} is no alarm of this registry: ${why}`);
  }
}
