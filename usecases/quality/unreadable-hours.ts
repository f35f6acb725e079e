import type { UnreadableHour } from './recompute-tallies.ts';

/** What is to be logged of an hour. */
export interface HourMessage {
  readonly level: 'error' | 'info';
  readonly message: string;
}

/**
 * Hours that cannot be read, as run after run of the join finds them. Runs are a minute apart and an hour may stay as it
 * is for days, so it is said once, again when the reason is another one, and once more when it can be read.
 */
export class UnreadableHours {
  #known = new Map<string, UnreadableHour>();

  /** @param found by a whole run @returns what has changed since the last one */
  changes(found: readonly UnreadableHour[]): HourMessage[] {
    const now = new Map(found.map((each) => [`${each.model}/${each.hour}`, each]));
    const before = this.#known;
    this.#known = now;
    return [
      ...[...now].flatMap(([name, each]) =>
        before.get(name)?.reason === each.reason ? [] : [{ level: 'error', message: unreadable(each) } as const],
      ),
      ...[...before].flatMap(([name, { model, hour }]) =>
        now.has(name)
          ? []
          : [{ level: 'info', message: `joined rows of ${model} of ${hour} can be read again` } as const],
      ),
    ];
  }
}

const unreadable = ({ model, hour, reason }: UnreadableHour): string =>
  `joined rows of ${model} of ${hour} cannot be read; truths of its predictions go to quarantine/ground-truth/${model}/: ${reason}`;
