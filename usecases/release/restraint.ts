import type { Command } from '../../core/registry/commands.ts';
import { freezeAt } from '../../core/registry/freeze.ts';
import { challengerOf } from '../../core/registry/guards.ts';
import type { Entry, ReleaseState } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';
import { readEntriesSince } from '../registry/read-history.ts';
import { AGAIN_MS } from './verdict-command.ts';

/** Why automation may not do something now. */
interface Restraint {
  readonly because: 'frozen' | 'advise';
  readonly sentence: string;
  /** The entry from which on it may have been said what would have been done. */
  readonly from: number;
}

/** A release, and when it is looked at. */
export interface Review {
  readonly model: string;
  readonly now: Date;
  readonly state: ReleaseState;
}

/**
 * A command of automation's as it may be carried out now: itself, or where automation is frozen or only advises, the
 * note of what it would have done; where a clock that was ahead has frozen it, the freeze as it counts.
 *
 * @returns undefined when that has been noted already, since the traffic last changed hands
 */
export async function restrained(
  home: Pick<Home, 'ledger'>,
  command: Command,
  review: Review,
): Promise<Command | undefined> {
  const { model, now, state } = review;
  if (!acts(command)) return command;
  const frozen = freezeAt(state.frozen, now);
  // From the first time that it holds something back on, it is a freeze like any other.
  if (frozen !== undefined && frozen.at !== state.frozen?.at)
    return { type: 'freeze', at: frozen.at, until: frozen.until, reason: frozen.reason };
  const held = await restraints(home, command, review);
  if (held.size === 0) return command;
  const free = command.type === 'abort-canary' ? subjectsOf(command, state).filter((each) => !held.has(each)) : [];
  if (command.type === 'abort-canary' && free.length > 0) return { ...command, versions: free };
  const [restraint] = [...held.values()] as [Restraint];
  const would = wouldText(command, state);
  const evidence = { ...(command.evidence as object | undefined), withheld: { would, because: restraint.because } };
  if (await isSaid(home, { model, would, state, now }, restraint.from)) return undefined;
  return {
    type: 'withhold',
    command: command.type,
    version: subjectsOf(command, state)[0] ?? null,
    ...(command.cause === undefined ? {} : { cause: command.cause }),
    evidence,
    reason: `would ${would}, but ${restraint.sentence}: ${command.reason}`,
  };
}

/** What a command of automation's would do, and what holds it back; undefined of those that only say something. */
export async function intentionOf(
  home: Pick<Home, 'ledger'>,
  command: Command,
  review: Review,
): Promise<{ readonly would: string; readonly restraint: Restraint | undefined } | undefined> {
  if (!acts(command)) return undefined;
  const [restraint] = (await restraints(home, command, review)).values();
  return { would: wouldText(command, review.state), restraint };
}

/** Commands of automation's that change a release, or set something off; the others only say something. */
const ACTS = [
  'advance',
  'promote',
  'abort-canary',
  'roll-back',
  'end-test',
  'start-canary',
  'stop-shadow',
  'request-retraining',
] as const;
type Action = Extract<Command, { readonly type: (typeof ACTS)[number] }>;

const acts = (command: Command): command is Action => (ACTS as readonly string[]).includes(command.type);

/** Versions whose manifests say whether a command of automation's is carried out. */
function subjectsOf(command: Action, state: ReleaseState): number[] {
  switch (command.type) {
    case 'abort-canary':
      return [...(command.versions ?? state.challengers.map(({ version }) => version))];
    case 'advance':
    case 'promote':
      return [challengerOf(state, command.version).version];
    case 'end-test':
    case 'start-canary':
      return [command.version];
    case 'stop-shadow':
      return state.shadow === null ? [] : [state.shadow.version];
    default:
      return state.champion === null ? [] : [state.champion];
  }
}

/** What holds a command back, by the version that it is about. */
async function restraints(
  { ledger }: Pick<Home, 'ledger'>,
  command: Action,
  { model, now, state }: Review,
): Promise<Map<number, Restraint>> {
  const subjects = subjectsOf(command, state);
  const frozen = freezeAt(state.frozen, now);
  if (frozen !== undefined) {
    const { entry: from, by, until, reason } = frozen;
    const sentence = `${by} has frozen automation until ${minuteOf(until)} (${reason})`;
    return new Map(subjects.map((version) => [version, { because: 'frozen', sentence, from }]));
  }
  const found = new Map<number, Restraint>();
  for (const version of subjects) {
    const record = await ledger.version(model, version);
    if (record?.manifest.rollout.mode !== 'advise') continue;
    const judged = state.challengers.find((each) => each.version === version)?.judged ?? state.judged;
    const sentence = `rollout.mode of version ${version} is advise`;
    found.set(version, { because: 'advise', sentence, from: judged?.entry ?? 1 });
  }
  return found;
}

/** What a command would do, after "would". */
function wouldText(command: Action, state: ReleaseState): string {
  const [version] = subjectsOf(command, state);
  switch (command.type) {
    case 'advance': {
      const { steps, step } = challengerOf(state, command.version);
      const share = steps[step + 1] ?? 1;
      return share === 1
        ? `promote version ${version}`
        : `give version ${version} ${Number((100 * share).toFixed(2))} %`;
    }
    case 'promote':
      return `promote version ${version}`;
    case 'abort-canary':
      return `take version ${subjectsOf(command, state).join(', ')} back`;
    case 'roll-back':
      return `go back from version ${version} to version ${command.to ?? state.previous.at(-1)}`;
    case 'end-test':
      return `end the A/B test of version ${version}`;
    case 'start-canary':
      return `start the canary of version ${version}`;
    case 'stop-shadow':
      return `stop the shadow, version ${version}`;
    case 'request-retraining':
      return 'ask for retraining';
  }
}

/** Whether the ledger says already of this release that something would be done. */
async function isSaid(
  { ledger }: Pick<Home, 'ledger'>,
  { model, would, state, now }: Review & { readonly would: string },
  from: number,
): Promise<boolean> {
  const entries = await readEntriesSince(ledger, model, new Date(now.getTime() - AGAIN_MS));
  const said = entries.findLast((entry) => entry.number >= from && withheldOf(entry) === would);
  if (said === undefined || said.at < (state.since ?? '')) return false;
  return now.getTime() - Date.parse(said.at) <= AGAIN_MS;
}

function withheldOf({ kind, evidence }: Entry): string | undefined {
  if (kind !== 'action-withheld') return undefined;
  return (evidence as { readonly withheld?: { readonly would?: string } } | undefined)?.withheld?.would;
}

const minuteOf = (instant: string): string => `${instant.slice(0, 16)}Z`;
