import * as z from 'zod';
import type { AlarmTransition, PageTransition } from '../../core/alarms/alarm.ts';
import type { DriftVerdict } from '../../core/drift/verdict.ts';
import { CauseOfHarm } from '../../core/judge/verdict.ts';
import type { Entry, ReleaseState } from '../../core/registry/ledger.ts';
import { EMPTY_STATE } from '../../core/registry/ledger.ts';
import { isAboutVersion, type ScenarioEvent } from '../../core/simulation/event.ts';
import type { PlayedRun, RefusedEvent, Run, TimelineItem, VersionTotals } from '../../core/simulation/run.ts';

/** Longest time line: what is beyond it is counted and left out. */
const MAX_ITEMS = 1_000;

/** Features that a line names, at most. */
const MAX_NAMED_FEATURES = 10;

/** Whose changes are automatic. */
const FUNCTION = /^function:/;

/** Kinds of entries that take versions back. */
const TAKES_BACK: ReadonlySet<string> = new Set<Entry['kind']>(['rolled-back', 'canary-aborted']);

/** Versions that have traffic. */
const serving = ({ champion, challengers }: ReleaseState): number[] => [
  ...(champion === null ? [] : [champion]),
  ...challengers.map(({ version }) => version),
];

/** What the run says of its end. */
interface Ending {
  readonly seed: number;
  readonly totals: readonly VersionTotals[];
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
  readonly #refused: RefusedEvent[] = [];
  #entries = 0;
  #held = 0;
  #retraining = 0;
  #withheld = 0;
  #driftWindows = 0;
  #leftOut = 0;
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
    if (this.#items.length === MAX_ITEMS) {
      this.#leftOut++;
      return;
    }
    const own = this.suspect === undefined ? undefined : this.totals[this.suspect - 1];
    this.#items.push({
      t,
      event,
      version: version === undefined ? null : (this.totals[version - 1]?.name ?? String(version)),
      reason,
      failedAnswers: own?.failed ?? 0,
      wrongAnswers: own?.wrong ?? 0,
    });
  }

  /** What a person asked for in vain. */
  refused(t: number, event: ScenarioEvent, reason: string): void {
    const { do: what } = event;
    const version = isAboutVersion(event) ? event.version : null;
    this.#refused.push({ t, do: what, version, reason });
    const number = this.totals.findIndex(({ name }) => name === version) + 1;
    this.note(t, 'refused', `${what}: ${reason}`, number === 0 ? undefined : number);
  }

  alarm(t: number, { alarm, reason }: AlarmTransition): void {
    this.note(t, 'alarm', `${alarm}: ${reason}`);
  }

  /** An alarm that pages has gone off, or is over. */
  page(t: number, { alarm, to, reason }: PageTransition): void {
    if (t >= 0 && to === 'ALARM') this.#pages++;
    this.note(t, to === 'ALARM' ? 'page' : 'page over', `${alarm}: ${reason}`);
  }

  /** What a look at drift found; told when it is another than at the look before. */
  drift(t: number, { verdict, columns, share }: DriftVerdict): void {
    if (t >= 0 && verdict === 'drift') this.#driftWindows++;
    const told = [
      `${verdict}: ${(100 * share).toFixed(0)} % of the features`,
      ...columns
        .filter(({ status }) => status !== 'no_drift')
        .map(({ column, status, note = '' }) => `${column}: ${status === 'drift' ? status : `${status}, ${note}`}`)
        .sort()
        .slice(0, MAX_NAMED_FEATURES),
    ].join('; ');
    if (told !== this.#drift) this.note(t, 'drift', told);
    this.#drift = told;
  }
  #drift: string | undefined;

  entry(t: number, entry: Entry): void {
    const before = serving(this.#state);
    const after = serving(entry.state);
    for (const version of after) if (!this.#since.has(version)) this.#since.set(version, t);
    const automatic = FUNCTION.test(entry.actor);
    // The challengers of a champion that goes back end with it: that says nothing of them.
    const taken = entry.kind === 'rolled-back' ? before.slice(0, 1) : before;
    if (automatic && TAKES_BACK.has(entry.kind))
      for (const version of taken.filter((each) => !after.includes(each)))
        if (!this.#takenBack.has(version)) this.#takenBack.set(version, { at: t, entry });
    if (automatic && entry.kind === 'promoted' && this.#promotedAfter === undefined)
      this.#promotedAfter = t - (this.#since.get(entry.state.champion!) ?? t);
    if (automatic && t >= 0) {
      this.#entries++;
      if (entry.kind.endsWith('-held')) this.#held++;
      if (entry.kind === 'retraining-requested') this.#retraining++;
      if (entry.kind === 'action-withheld') this.#withheld++;
      if (entry.kind !== 'rollback-verified') this.#last = entry;
    }
    this.#state = entry.state;
    // Entries that take versions back are about whom they leave the traffic to.
    const [left] = TAKES_BACK.has(entry.kind) ? before.filter((each) => !after.includes(each)) : [];
    this.note(t, entry.kind, entry.reason, left ?? entry.version ?? undefined);
  }

  end({ seed, totals, servedAfterTakenBack }: Ending): PlayedRun {
    const taken = this.suspect === undefined ? undefined : this.#takenBack.get(this.suspect);
    const own = this.suspect === undefined ? undefined : totals[this.suspect - 1];
    const falseActions = [...this.#takenBack].filter(([version]) => version !== this.suspect);
    const [firstFalse] = falseActions.map(([, action]) => action);
    const action = taken ?? firstFalse;
    const run: Run = {
      seed,
      outcome: this.#outcome(),
      cause: causeOf(action?.entry ?? this.#last),
      reason: (action?.entry ?? this.#last)?.reason ?? '',
      acted: taken !== undefined,
      promoted: this.#promotedAfter !== undefined,
      actedAfterSeconds: taken ? taken.at - this.#since.get(this.suspect!)! : null,
      falseActionAfterSeconds: firstFalse?.at ?? null,
      promotedAfterSeconds: this.#promotedAfter ?? null,
      failedAnswersOfSuspect: own?.failed ?? 0,
      wrongAnswersOfSuspect: own?.wrong ?? 0,
      answersOfSuspect: own?.requests ?? 0,
      servedAfterTakenBack,
      falseActions: falseActions.length,
      entries: this.#entries,
      held: this.#held,
      retraining: this.#retraining,
      withheld: this.#withheld,
      driftWindows: this.#driftWindows,
      pages: this.#pages,
      refused: this.#refused,
      versions: [...totals],
    };
    return { run, timeline: this.#timeline() };
  }

  #timeline(): TimelineItem[] {
    const last = this.#items.at(-1);
    if (this.#leftOut === 0 || last === undefined) return this.#items;
    return [...this.#items, { ...last, event: 'left out', reason: `${this.#leftOut} things more that happened later` }];
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

/** Where the judge found that what is wrong comes from; null where an entry is about something else. */
function causeOf(entry: Entry | undefined): string | null {
  const found = z.looseObject({ cause: CauseOfHarm }).safeParse(entry?.evidence);
  return found.success ? found.data.cause : null;
}
