import type { Challenger, Entry, ReleaseState } from '../../core/registry/ledger.ts';

/** What a person may do about an entry, as commands that can be typed as they stand. */
export interface NextSteps {
  /** What the entry means beyond its own line; empty: nothing. */
  readonly notes: readonly string[];
  /** What comes next. */
  readonly next: readonly string[];
  /** What takes it back, in this order. */
  readonly undo: readonly string[];
}

/**
 * What comes after an entry.
 *
 * @param before the release that it changed
 * @param home as it was named on the command line; commands name it, too
 */
export function nextSteps(entry: Entry, before: ReleaseState, home?: string): NextSteps {
  const { notes = [], next = [], undo = [] } = stepsOf(entry, before);
  const command = commandIn(home);
  return { notes, next: next.map(command), undo: undo.map(command) };
}

/** What comes next of a version, whatever happened to it before. @param home as of {@link nextSteps} */
export const versionSteps = (version: NamedVersion, state: ReleaseState, home?: string): NextSteps => ({
  notes: [],
  next: [commandIn(home)(nextOf(version, state))],
  undo: [],
});

const commandIn =
  (home: string | undefined) =>
  (text: string): string =>
    `trimtab ${text}${home === undefined ? '' : ` --home ${quoted(home)}`}`;

interface NamedVersion {
  readonly model: string;
  readonly version: number;
}

function nextOf({ model, version }: NamedVersion, state: ReleaseState): string {
  const { champion, challengers, quarantined, approved } = state;
  const own = `${model} ${version}`;
  if (champion === version || challengers.some((each) => each.version === version)) return `status ${model}`;
  if (quarantined.some((each) => each.version === version)) return `lift ${own} --reason TEXT`;
  if (!approved.includes(version)) return `approve ${own}`;
  return champion === null ? `release ${own}` : `release ${own} --canary`;
}

function stepsOf({ kind, model, version, number, state }: Entry, before: ReleaseState): Partial<NextSteps> {
  const own = `${model} ${version}`;
  const reason = `--reason 'undoes entry ${number}'`;
  switch (kind) {
    case 'registered':
    case 'approved':
      return { next: [nextOf({ model, version: version ?? 0 }, state)] };
    case 'rejected':
      return { undo: [`approve ${own}`] };
    case 'released':
    case 'promoted':
      return {
        next: [`status ${model}`],
        ...(before.champion !== null && { undo: [`rollback ${model} --to ${before.champion}`] }),
      };
    case 'canary-started':
    case 'test-started':
      return {
        next: [`status ${model}`, `promote ${own}`],
        undo: [`rollback ${model} --challenger ${version} --keep`],
      };
    case 'shadow-started':
      return { next: [`status ${model}`], undo: [`unshadow ${model}`] };
    case 'shadow-stopped':
      return { undo: [`release ${own} --shadow`] };
    case 'canary-aborted':
    case 'rolled-back':
      return takenBack({ model, state, number }, before);
    case 'quarantined':
      return { notes: [BARRED(version)], undo: [`lift ${own} ${reason}`] };
    case 'quarantine-lifted':
      return {
        next: state.approved.includes(version ?? 0) ? [`release ${own}`] : [`approve ${own}`, `release ${own}`],
        undo: [`quarantine ${own} ${reason}`],
      };
    case 'frozen':
      return { undo: [`unfreeze ${model} ${reason}`] };
    default:
      return {};
  }
}

const BARRED = (version: number | null): string =>
  `version ${version} is quarantined: it cannot be released until that is lifted`;

/** Versions that lost their traffic: each is lifted where it was quarantined, and released as it was. */
function takenBack(
  { model, state, number }: Pick<Entry, 'model' | 'state' | 'number'>,
  before: ReleaseState,
): Partial<NextSteps> {
  const isBarred = ({ quarantined }: ReleaseState, version: number): boolean =>
    quarantined.some((each) => each.version === version);
  const champion = state.champion === before.champion ? [] : [before.champion ?? 0];
  const gone = before.challengers.filter(({ version }) => !state.challengers.some((each) => each.version === version));
  const barred = [...champion, ...gone.map(({ version }) => version)].filter(
    (version) => isBarred(state, version) && !isBarred(before, version),
  );
  return {
    notes: barred.map(BARRED),
    undo: [
      ...barred.map((version) => `lift ${model} ${version} --reason 'undoes entry ${number}'`),
      ...champion.map((version) => `release ${model} ${version}`),
      ...gone.map((challenger) => `release ${model} ${challenger.version} ${wayOf(challenger)}`),
    ],
  };
}

/** Options that give a challenger what it had. */
function wayOf({ test, weight, steps, step }: Challenger): string {
  if (test === undefined) return `--canary --steps ${steps.slice(step).join(',')} --no-gate`;
  const { metric, better, rate, minEffect, alpha, power } = test;
  const business = metric.startsWith('Business.');
  const name = business ? metric.slice('Business.'.length) : metric;
  return [
    `--ab --weight ${weight} --metric ${quoted(name)} --effect ${minEffect} --better ${better}`,
    `--alpha ${alpha} --power ${power}${rate || business ? '' : ' --mean'}`,
  ].join(' ');
}

/** A word as a shell takes it. */
const quoted = (word: string): string => (/^[\w./:@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** The steps as lines below an entry's. */
export function formatNextSteps({ notes, next, undo }: NextSteps): string[] {
  // A command is one line, however long it is: it is there to be copied.
  const lines = (label: string, commands: readonly string[]): string[] =>
    commands.map((command, i) => `  ${(i === 0 ? label : '').padEnd(6)}${command}`);
  return [...notes.map((note) => `  ${note}`), ...lines('next', next), ...lines('undo', undo)];
}
