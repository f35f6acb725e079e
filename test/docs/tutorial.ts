/** What somebody who follows a tutorial does: writes a file, or types a command and sees what it says. */
export type TutorialStep =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | { readonly kind: 'command'; readonly words: readonly string[]; readonly into?: string; readonly shown: string };

const BLOCK = /^```(?:python (\S+)|console)\n([\s\S]*?)^```$/gm;

/**
 * The steps of a page, files first, for a page may show what is in a file after it has said what it is for: code blocks
 * that name a file, and blocks of commands behind `$ `, each with what it says, `…` for what is left out.
 */
export function tutorialSteps(page: string): TutorialStep[] {
  const files: TutorialStep[] = [];
  const commands: TutorialStep[] = [];
  for (const [, name, body] of page.matchAll(BLOCK))
    if (name === undefined) commands.push(...body!.split(/^\$ /m).slice(1).map(parseCommand));
    else files.push({ kind: 'file', name, text: body! });
  return [...files, ...commands];
}

/** A line of words without quotes, perhaps with a file that the output goes to, and the lines that it says. */
function parseCommand(text: string): TutorialStep {
  const [line, ...shown] = text.trimEnd().split('\n');
  const [command, into] = line!.split(' > ');
  if (/["'\\|&;$*]/.test(line!)) throw new Error(`a shell would make something else of this: ${line}`);
  const words = command!.split(' ');
  return { kind: 'command', words, shown: shown.join('\n'), ...(into === undefined ? {} : { into }) };
}

/** What an output must match to be what a page shows: lines may be broken elsewhere, and columns be wider. */
export function shownPattern(shown: string): RegExp {
  const parts = words(shown).split('…');
  return new RegExp(`^${parts.map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^]*?')}$`);
}

/** With one blank wherever there are some, and rules of tables of one length. */
export const words = (text: string): string => text.replace(/─+/g, '─').replace(/\s+/g, ' ').trim();
