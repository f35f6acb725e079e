import { setTimeout as sleep } from 'node:timers/promises';
import type { AlarmTransition } from '../../core/alarms/alarm.ts';
import { ReleaseConflictError } from '../../core/registry/errors.ts';
import type { Entry } from '../../core/registry/ledger.ts';
import { answerTo, commandOf, decideRollback } from '../../core/rollback/decide.ts';
import type { EndpointProbe, Home } from '../../platform/ports.ts';
import { Registry } from '../registry/registry.ts';
import { definitionsOf } from './alarm-definitions.ts';
import { gatherEvidence } from './rollback-evidence.ts';
import { awaitVerification, type VerifyOptions } from './verify-rollback.ts';

const ACTOR = 'function:rollback';
/** Others may write the ledger at the same time, in a storm of alarms very many: read again, judge again. */
const ATTEMPTS = 12;
const MAX_WAIT_MS = 5_000;
/** How far the clock that an alarm's transition is of may be ahead of that of the entry that answers it. */
const CLOCKS_DIFFER_MS = 3_600_000;

/**
 * Answers an alarm's transition into ALARM: gathers evidence, decides, writes one entry, and waits until the endpoint
 * follows. It is idempotent: a transition that the ledger has an entry for gets no second one.
 *
 * @returns the entry that answers the alarm, now or from before
 * @throws UnknownVersionError when there is no such model
 */
export async function rollBack(
  home: Home,
  probe: EndpointProbe | undefined,
  alarm: AlarmTransition,
  options: VerifyOptions = {},
): Promise<Entry> {
  return (await answer(home, probe, alarm, { ...options, onlyToAct: false }))!;
}

/**
 * Evaluates an alarm that is still up again, because evidence that was unclear, or an alarm that fell into the
 * cooldown, may lead to a rollback by now. Unlike {@link rollBack} it writes an entry only when something is to be
 * done.
 *
 * @returns the entry, if one was written
 */
export async function reconsider(
  home: Home,
  probe: EndpointProbe | undefined,
  alarm: AlarmTransition,
  options: VerifyOptions = {},
): Promise<Entry | undefined> {
  return answer(home, probe, alarm, { ...options, onlyToAct: true });
}

interface AnswerOptions extends VerifyOptions {
  /** Whether to write no entry that changes nothing. */
  readonly onlyToAct: boolean;
}

async function answer(
  home: Home,
  probe: EndpointProbe | undefined,
  alarm: AlarmTransition,
  options: AnswerOptions,
): Promise<Entry | undefined> {
  const { onlyToAct } = options;
  const registry = new Registry(home, ACTOR);
  for (let attempt = 1; ; attempt++) {
    const entries = await registry.entriesSince(alarm.model, new Date(Date.parse(alarm.at) - CLOCKS_DIFFER_MS));
    // A repeat costs no look at the metrics: of a storm, most are.
    const before = answerTo(alarm, entries);
    if (before) return onlyToAct ? undefined : verified(before);
    const state = entries.at(-1)!.state;
    const champion = state.champion === null ? undefined : await registry.version(alarm.model, state.champion);
    const { definitions, baselineErrorRate } = await definitionsOf(home, champion);
    const definition = definitions.find(({ name }) => name === alarm.alarm);
    if (!definition)
      throw new UnknownAlarmError(
        alarm.alarm,
        definitions.map(({ name }) => name),
      );

    const verdict = decideRollback(
      state,
      alarm,
      await gatherEvidence(home, { state, alarm, definition, baselineErrorRate }),
      {
        now: home.clock.now().toISOString(),
        cooldownSeconds: champion?.manifest.rollout.cooldownSeconds ?? 0,
        recent: entries,
      },
    );
    const command = commandOf(verdict, alarm, state);
    if (!command || (onlyToAct && command.type === 'hold-alarm')) return undefined;
    try {
      const entry = await registry.apply(alarm.model, command, { expectedRevision: state.revision });
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

/** The model has no alarm of that name. */
export class UnknownAlarmError extends Error {
  override readonly name = 'UnknownAlarmError';
  constructor(
    readonly alarm: string,
    readonly known: readonly string[],
  ) {
    super(`no alarm is named ${alarm}; there are: ${known.join(', ') || 'none'}`);
  }
}
