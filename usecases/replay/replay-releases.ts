import type { Hour } from '../../core/quality/hour-tallies.ts';
import { ReplayTally, replayKey } from '../../core/replay/replay-tally.ts';
import type { Home } from '../../platform/ports.ts';
import { parseStored } from '../quality/stored-object.ts';
import { RuleBook, type SharesHistory } from '../quality/version-rules.ts';
import { type AskedHour, askHour } from './ask-hour.ts';
import { AskedSides, type AskingOptions } from './asked-sides.ts';
import { type HourQuery, type HourRequests, hourRequests } from './hour-requests.ts';
import { type HourTruths, hourTruths, NO_TRUTHS } from './hour-truths.ts';
import { HoursToMake, type HourToMake, NOT_ALL_ASKED } from './hours-to-make.ts';
import { type Opener, openerOf } from './replayable-rows.ts';
import type { StoredTallies } from './stored-tallies.ts';
import { type Suspect, suspectsOf } from './suspects.ts';
import { talliesOf } from './tallies-of.ts';

export interface ReplayOptions extends AskingOptions {
  /** How long one run may ask, over all models; milliseconds. @default 30,000 */
  readonly budgetMs?: number;
}

/** What was done about one suspect. */
export interface ReplaySummary {
  readonly model: string;
  readonly suspect: number;
  readonly reference: number;
  /** Hours whose tallies were made anew. */
  readonly hours: readonly Hour[];
  /** What kept versions from being asked, in sentences. */
  readonly problems: readonly string[];
}

/**
 * Asks young versions, and what they are held against, again about captured requests; to be called on a schedule. What
 * it finds is stored by hour, made anew from the captures wherever there is something new, so it may be interrupted,
 * repeated and run twice at once. It keeps what it has learned of the captures between two runs.
 */
export class Replay {
  readonly #rules: RuleBook;
  readonly #hours: HoursToMake;

  /** By suspect: when it last had its turn. */
  readonly #turns = new Map<string, number>();
  #turn = 0;

  constructor(
    private readonly home: Home,
    private readonly options: ReplayOptions,
  ) {
    this.#rules = new RuleBook(home);
    this.#hours = new HoursToMake(home);
  }

  /** @throws AggregateError at the end, with all failures: one model's does not keep the others waiting */
  async run(now: Date): Promise<ReplaySummary[]> {
    const end = performance.now() + (this.options.budgetMs ?? 30_000);
    const failures: unknown[] = [];
    const noting = async (work: () => Promise<unknown>): Promise<void> => {
      await work().catch((error: unknown) => failures.push(error));
    };
    const suspects: Suspect[] = [];
    for (const model of await this.home.ledger.models())
      await noting(async () => suspects.push(...(await suspectsOf(this.home, model, now))));
    const works: Work[] = [];
    for (const suspect of suspects)
      await noting(async () => {
        const hours = await this.#hours.of(suspect, now);
        if (hours.length > 0) works.push({ suspect, hours });
      });
    const done: ReplaySummary[] = [];
    for (const [i, work] of works.sort((a, b) => this.#turnOf(a.suspect) - this.#turnOf(b.suspect)).entries()) {
      // Who has no time left comes first in the next run.
      if (i > 0 && end - performance.now() < MIN_PART_MS) break;
      this.#turns.set(nameOf(work.suspect), ++this.#turn);
      // What one leaves of its time is the others'.
      const part = Math.min(end, Math.max(performance.now() + MIN_PART_MS, partOf(end, works.length - i)));
      await noting(async () => done.push(await this.#replay(work, part)));
    }
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `${failures.length} versions could not be asked again: ${failures.join('; ')}`,
      );
    return done;
  }

  /** Whoever has waited longest comes first: where there are many, one run has no time for all. */
  #turnOf(suspect: Suspect): number {
    return this.#turns.get(nameOf(suspect)) ?? 0;
  }

  async #replay({ suspect, hours }: Work, until: number): Promise<ReplaySummary> {
    const { model, record, reference } = suspect;
    const sides = new AskedSides(this.home, [record, reference], this.options);
    try {
      const opener = await openerOf(this.home, suspect);
      const made: Hour[] = [];
      const problems = new Set<string>();
      for (const hour of hours) {
        if (performance.now() >= until) break;
        // The newest one is made in every run: it must not keep the others from ever being made.
        const own = partOf(until, Math.min(2, hours.length - made.length));
        const found = await this.#make(suspect, hour, { sides, opener, until: own });
        for (const problem of found) problems.add(problem);
        this.#hours.note(suspect, hour, found.includes(NOT_ALL_ASKED));
        made.push(hour.hour);
      }
      const summary = { model, suspect: record.version, reference: reference.version };
      return { ...summary, hours: made, problems: [...problems] };
    } finally {
      await sides.close();
    }
  }

  /** @returns what kept versions from being asked */
  async #make(suspect: Suspect, hour: HourToMake, asking: Asking): Promise<string[]> {
    const { model, record, variant, from, rules } = suspect;
    const own = await this.#rules.of(model, record.version);
    const { truths, problem } = await this.#truths(suspect, hour.hour, own?.sealedLabel);
    const requests = await hourRequests(this.home, hour.objects.keys, {
      model,
      version: record.version,
      variant,
      hour: hour.hour,
      stretchOf: stretchesSince(await this.#rules.sharesOf(model), from),
      slowMs: rules.slowMs,
      rules: own,
      open: asking.opener.open,
      hasTruth: (id) => truths.has(id),
    });
    const { asked, problems } = await ask(suspect, requests, { ...asking, truths });
    if (problem !== undefined) problems.push(problem);
    const made = { captures: hour.objects.digest, joined: hour.joined, complete: hour.complete, problems };
    for (const tally of talliesOf({ suspect, requests, asked }, { hour: hour.hour, made }))
      await this.#store(tally, hour.stored, problems.includes(NOT_ALL_ASKED));
    return problems;
  }

  /** Where only its own positive decisions have a truth, another version's cannot be held against them. */
  #truths({ model, record }: Suspect, hour: Hour, label: string | undefined): Promise<HourTruths> {
    if (record.manifest.truth?.of === 'predicted-positives') return Promise.resolve(NO_TRUTHS);
    return hourTruths(this.home, { model, version: record.version, hour, label });
  }

  /**
   * Only in place of what was there before the captures were read: whoever was faster has seen more. And what was cut
   * short takes nothing back that was known.
   */
  async #store(tally: ReplayTally, stored: StoredTallies | undefined, cut: boolean): Promise<void> {
    const key = replayKey(tally);
    const etag = stored?.etags.get(key);
    if (cut && etag !== undefined && (await this.#askedBefore(key)) > tally.asked) return;
    const condition = etag === undefined ? { ifAbsent: true } : { ifMatch: etag };
    await this.home.data.put(key, JSON.stringify(tally), { ...condition, contentType: 'application/json' });
  }

  async #askedBefore(key: string): Promise<number> {
    return parseStored(ReplayTally, key, await this.home.data.get(key)).asked;
  }
}

/** A suspect, and the hours of which something is new. */
interface Work {
  readonly suspect: Suspect;
  readonly hours: readonly HourToMake[];
}

/** Time that a suspect has at least: two processes start and load a model before anything is asked. */
const MIN_PART_MS = 5_000;

const nameOf = ({ model, record }: Suspect): string => `${model} ${record.version}`;

/** Stretches of constant shares since a release began; what was before it is in none. */
function stretchesSince(shares: SharesHistory, from: Date): HourQuery['stretchOf'] {
  const first = from.toISOString();
  return ({ at, revision }) => {
    const known = revision === undefined ? undefined : shares.sinceOf(revision);
    const since = known === undefined ? shares.at.findLast((change) => change <= at) : known;
    return since === undefined || since === null || since < first ? undefined : since;
  };
}

interface Asking {
  readonly sides: AskedSides;
  readonly opener: Opener;
  /** When asking has to end, as `performance.now()` has it. */
  readonly until: number;
}

async function ask(
  { record, reference, rules }: Suspect,
  requests: HourRequests,
  { sides, opener, until, truths }: Asking & Pick<HourTruths, 'truths'>,
): Promise<{ asked: AskedHour | undefined; problems: string[] }> {
  if (opener.problem !== undefined) return { asked: undefined, problems: [opener.problem] };
  const { answered, labelled, failed, slow } = requests;
  if ([answered, labelled, failed, slow].every((each) => each.length === 0)) return { asked: undefined, problems: [] };
  const [first, second] = await sides.open();
  const asked = await askHour(requests, {
    suspect: { record, asked: first },
    reference: { record: reference, asked: second },
    slowMs: rules.slowMs,
    truths,
    until,
  });
  const problems = [first.problem, second.problem, asked.cut ? NOT_ALL_ASKED : undefined];
  return { asked, problems: problems.filter((problem) => problem !== undefined) };
}

/** The end of one of several equal parts of the time that is left. */
const partOf = (until: number, parts: number): number =>
  performance.now() + (until - performance.now()) / Math.max(1, parts);
