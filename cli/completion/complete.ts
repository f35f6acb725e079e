import type { Argument, Command, Option } from 'commander';
import { SHELLS } from './scripts.ts';

/** One way to go on with a word. */
export interface CompletionWord {
  readonly text: string;
  /** What it is, in a few words; empty: it needs none. */
  readonly about: string;
}

/** What may stand where the cursor is. */
export interface Completion {
  readonly candidates: readonly CompletionWord[];
  /** Whether it may be a file or a folder. */
  readonly files: boolean;
}

/** Looks up names, in the home that the words name. */
export interface NameSource {
  models(home: string | undefined): Promise<readonly string[]>;
  /** Numbers of the versions of a model; none where there is no such model. */
  versions(home: string | undefined, model: string): Promise<readonly string[]>;
}

const NOTHING: Completion = { candidates: [], files: false };

/** What arguments and values of options hold, by their names in the program's own definitions. */
const FILES = new Set(['file', 'folder', 'home', 'scenario', 'key', 'cert']);
const MODELS = new Set(['model']);
const VERSIONS = new Set(['version', 'first', 'second']);

/**
 * How a command line may go on, by the definitions that the program parses it with.
 *
 * @param words behind the program's name; the last one is being typed, perhaps empty
 */
export async function complete(program: Command, words: readonly string[], names: NameSource): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const { command, given, home, pending } = walk(program, words.slice(0, -1));
  if (pending !== undefined) return valueFor(pending, { names, home, given });
  if (current.startsWith('-')) return only(optionsOf(program, command), current);
  if (command.commands.length > 0 && given.length === 0) return only(commandsOf(command), current);
  const argument = argumentAt(command, given.length);
  if (argument === undefined) return NOTHING;
  const found = await wordsFor({ name: argument.name(), choices: argument.argChoices, names, home, given });
  return only(found.candidates, current, found.files);

  async function valueFor(option: Option, where: Pick<Place, 'names' | 'home' | 'given'>): Promise<Completion> {
    const name = /[<[]([^\]>.]+)/.exec(option.flags)?.[1] ?? '';
    // `--model <name>` names a model.
    const what = option.attributeName() === 'model' && name === 'name' ? 'model' : name;
    const { candidates, files } = await wordsFor({ name: what, choices: option.argChoices, ...where });
    return only(candidates, current, files);
  }
}

interface Walked {
  readonly command: Command;
  /** Arguments of the command that stand there already. */
  readonly given: readonly string[];
  readonly home: string | undefined;
  /** The option whose value comes next. */
  readonly pending: Option | undefined;
}

/** Goes through the words that are complete. */
function walk(program: Command, words: readonly string[]): Walked {
  let command = program;
  const given: string[] = [];
  let home: string | undefined;
  let pending: Option | undefined;
  for (const word of words) {
    if (pending !== undefined) {
      if (pending.attributeName() === 'home') home = word;
      pending = undefined;
      continue;
    }
    if (word.startsWith('-')) {
      const [flag, value] = word.split('=', 2);
      const option = [...command.options, ...program.options].find((each) => each.long === flag || each.short === flag);
      if (option?.attributeName() === 'home' && value !== undefined) home = value;
      if (option !== undefined && (option.required || option.optional) && value === undefined) pending = option;
      continue;
    }
    const part = given.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
    if (part === undefined) given.push(word);
    else command = part;
  }
  return { command, given, home, pending };
}

/** The argument that comes next; the last one of a command may take several words. */
function argumentAt({ registeredArguments }: Command, at: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[at] ?? (last?.variadic ? last : undefined);
}

interface Place {
  readonly name: string;
  readonly choices: readonly string[] | undefined;
  readonly names: NameSource;
  readonly home: string | undefined;
  readonly given: readonly string[];
}

async function wordsFor({ name, choices, names, home, given }: Place): Promise<Completion> {
  if (name === 'shell') return { candidates: SHELLS.map(plain), files: false };
  if (choices !== undefined) return { candidates: choices.map(plain), files: false };
  if (MODELS.has(name)) return { candidates: (await names.models(home)).map(plain), files: false };
  if (VERSIONS.has(name) && given[0] !== undefined)
    return { candidates: (await names.versions(home, given[0])).map(plain), files: false };
  return { candidates: [], files: FILES.has(name) };
}

const plain = (text: string): CompletionWord => ({ text, about: '' });

function optionsOf(program: Command, command: Command): CompletionWord[] {
  const all = new Map<string, string>();
  for (const { long, description, hidden } of [...command.options, ...program.options])
    if (long && !hidden && !all.has(long) && !(long === '--version' && command !== program)) all.set(long, description);
  return [...all, ['--help', 'what it does, and its options'] as const].map(([text, about]) => ({ text, about }));
}

const commandsOf = (command: Command): CompletionWord[] =>
  command.commands.map((each) => ({ text: each.name(), about: each.description() }));

const only = (candidates: readonly CompletionWord[], current: string, files = false): Completion => ({
  candidates: candidates.filter(({ text }) => text.startsWith(current)),
  files,
});
