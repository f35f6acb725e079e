import type { AlarmTransition } from '../../core/alarms/alarm.ts';
import { parseAlarmName } from '../../core/alarms/definitions.ts';
import type { Entry, ReleaseState } from '../../core/registry/ledger.ts';
import { EMPTY_STATE } from '../../core/registry/ledger.ts';
import type { ReplayTotals, Run, TimelineItem, VersionTotals } from '../../core/simulation/run.ts';

/** Whose changes are automatic. */
const FUNCTION = /^function:/;

/** Versions that have traffic. */
const serving = ({ champion, challengers }: ReleaseState): number[] => [
  ...(champion === null ? [] : [champion]),
  ...challengers.map(({ version }) => version),
];

/** What the run says of its end. */
interface Ending {
  readonly seed: number;
  readonly totals: readonly VersionTotals[];
  readonly replay: ReplayTotals;
  readonly servedAfterTakenBack: number;
}

/** Writes down what happens in a run, and says in the end what it came to. Times are seconds since time 0. */
export class Timeline {
  readonly #items: TimelineItem[] = [];
  readonly #since = new Map<number, number>();
  /** Versions that were taken back by themselves, with the entry that did it. */
  readonly #takenBack = new Map<number, { at: number; entry: Entry }>();
  #state: ReleaseState = EMPTY_STATE;
  #promotedAfter: number | undefined;
  #last: Entry | undefined;
  #entries = 0;
  #held = 0;
  #retraining = 0;
  #pages = 0;

  /**
   * @param suspect number of the version that is bad; undefined where none is
   * @param totals what versions have done so far; read whenever something happens
   */
  constructor(
    private readonly suspect: number | undefined,
    private readonly totals: readonly VersionTotals[],
  ) {}

  /** When a version was taken back. */
  takenBackAt(version: number): number | undefined {
    return this.#takenBack.get(version)?.at;
  }

  /** Whether the suspect is taken back, or a canary promoted. */
  get decided(): boolean {
    return (
      this.#promotedAfter !== undefined ||
      (this.suspect === undefined ? this.#takenBack.size > 0 : this.#takenBack.has(this.suspect))
    );
  }

  note(t: number, event: string, reason: string, version?: number): void {
    const own = this.suspect === undefined ? undefined : this.totals[this.suspect - 1];
    this.#items.push({
      t,
      event,
      ...(version === undefined ? {} : { version: this.totals[version - 1]?.name ?? String(version) }),
      reason,
      failedAnswers: own?.failed ?? 0,
      wrongAnswers: own?.wrong ?? 0,
    });
  }

  alarm(t: number, { alarm, reason }: AlarmTransition): void {
    if (t >= 0) this.#pages++;
    this.note(t, 'alarm', `${alarm}: ${reason}`);
  }

  entry(t: number, entry: Entry): void {
    const before = serving(this.#state);
    const after = serving(entry.state);
    for (const version of after) if (!this.#since.has(version)) this.#since.set(version, t);
    const automatic = FUNCTION.test(entry.actor);
    if (automatic && (entry.kind === 'rolled-back' || entry.kind === 'canary-aborted'))
      for (const version of before.filter((each) => !after.includes(each)))
        if (!this.#takenBack.has(version)) this.#takenBack.set(version, { at: t, entry });
    if (automatic && entry.kind === 'promoted' && this.#promotedAfter === undefined)
      this.#promotedAfter = t - (this.#since.get(entry.state.champion!) ?? t);
    if (automatic && t >= 0) {
      this.#entries++;
      if (entry.kind === 'alarm-held') this.#held++;
      if (entry.kind === 'retraining-requested') this.#retraining++;
      if (entry.kind !== 'rollback-verified') this.#last = entry;
    }
    this.#state = entry.state;
    this.note(t, entry.kind, entry.reason, entry.version ?? undefined);
  }

  end({ seed, totals, replay, servedAfterTakenBack }: Ending): Run {
    const taken = this.suspect === undefined ? undefined : this.#takenBack.get(this.suspect);
    const own = this.suspect === undefined ? undefined : totals[this.suspect - 1];
    const decisive = taken?.entry ?? this.#last;
    const falseActions = [...this.#takenBack.keys()].filter((version) => version !== this.suspect).length;
    return {
      seed,
      outcome: this.#outcome(),
      cause: taken ? causeOf(taken.entry) : null,
      reason: decisive?.reason ?? '',
      acted: taken !== undefined,
      promoted: this.#promotedAfter !== undefined,
      actedAfterSeconds: taken ? taken.at - this.#since.get(this.suspect!)! : null,
      promotedAfterSeconds: this.#promotedAfter ?? null,
      failedAnswersOfSuspect: own?.failed ?? 0,
      wrongAnswersOfSuspect: own?.wrong ?? 0,
      answersOfSuspect: own?.requests ?? 0,
      servedAfterTakenBack,
      falseActions,
      entries: this.#entries,
      held: this.#held,
      retraining: this.#retraining,
      pages: this.#pages,
      versions: totals,
      replay,
      timeline: this.#items,
    };
  }

  /** What became of the suspect, or of the newest version that had traffic. */
  #outcome(): Run['outcome'] {
    const subject = this.suspect ?? Math.max(0, ...this.#since.keys());
    if (this.#takenBack.has(subject)) return 'taken-back';
    if (this.#state.challengers.some(({ version }) => version === subject)) return 'waiting';
    if (this.#state.champion !== subject) return 'idle';
    return this.#promotedAfter === undefined ? 'serving' : 'promoted';
  }
}

/** What an automatic change rests on: the metric of the alarm, or a look that needed none. */
function causeOf({ cause }: Entry): string {
  return cause === undefined ? 'analysis' : (parseAlarmName(cause.alarm)?.metric ?? cause.alarm);
}
