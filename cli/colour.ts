import { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

/**
 * Whether text for people has colour: a terminal that knows some, unless NO_COLOR says no, or FORCE_COLOR yes whatever
 * it is written to (https://no-color.org, https://force-color.org).
 */
export function hasColour(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (!isTerminal && env.FORCE_COLOR === undefined) return false;
  // Node's own reading of these two and of TERM; it wants no terminal.
  return WriteStream.prototype.getColorDepth(env) > 1;
}

type Style = Parameters<typeof styleText>[0];

const styled = (style: Style, text: string): string =>
  // Whether there is to be colour was decided before.
  styleText(style, text, { validateStream: false });

/** The line below the head of a table. */
const RULE = /^ *─+(?: {2}─+)* *$/;

/** What the beginning of a line says. */
const BEGINNINGS: readonly (readonly [RegExp, Style])[] = [
  [/^✓/, 'green'],
  [/^✗/, 'red'],
  [/^!(?= )/, 'yellow'],
  [/^(?:accepted|no_drift)(?=[: ])/, 'green'],
  [/^(?:rejected|drift)(?=: )/, 'red'],
  [/^trimtab:/, 'red'],
  [/^error:/, 'red'],
  [/^note:/, 'yellow'],
  [/^ {2}(?:next|undo)(?= +trimtab )/, 'cyan'],
];

/** Bars, as `bar` draws them. */
const BARS = /[█▏▎▍▌▋▊▉]+/g;

/**
 * Colours text that is ready to be printed, by what the program itself writes: heads of tables, marks, bars, verdicts.
 * Colour says nothing that the words do not.
 */
export function coloured(text: string): string {
  const lines = text.split('\n');
  return lines.map((line, i) => colouredLine(line, lines[i + 1])).join('\n');
}

function colouredLine(line: string, next: string | undefined): string {
  if (RULE.test(line)) return styled('dim', line);
  if (next !== undefined && RULE.test(next)) return styled('bold', line);
  const beginning = BEGINNINGS.find(([pattern]) => pattern.test(line));
  const marked = beginning === undefined ? line : line.replace(beginning[0], (found) => styled(beginning[1], found));
  return marked.replace(BARS, (bar) => styled('cyan', bar));
}
