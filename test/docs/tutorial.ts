/** What somebody who follows a tutorial does: writes a file, or types a command and sees what it says. */
export type TutorialStep =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | {
      readonly kind: 'request';
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: 'command'; readonly words: readonly string[]; readonly into?: string; readonly shown: string };

const BLOCK = /^```(?:(?:python|csv) (\S+)|(console|http))\n([\s\S]*?)^```$/gm;

/**
 * The steps of a page, files first, for a page may show what is in a file after it has said what it is for: code blocks
 * that name a file, requests, and blocks of commands behind `$ `, each with what it says, `…` for what is left out.
 */
export function tutorialSteps(page: string): TutorialStep[] {
  const files: TutorialStep[] = [];
  const actions: TutorialStep[] = [];
  for (const [, name, kind, body] of page.matchAll(BLOCK))
    if (name !== undefined) files.push({ kind: 'file', name, text: body! });
    else if (kind === 'http') actions.push(parseRequest(body!));
    else actions.push(...body!.split(/^\$ /m).slice(1).map(parseCommand));
  return [...files, ...actions];
}

/** A line with the path, headers, and a body behind an empty line. */
function parseRequest(text: string): TutorialStep {
  const [head, body] = text.split('\n\n');
  const [line, ...headers] = head!.split('\n');
  return {
    kind: 'request',
    path: line!.replace('POST ', ''),
    headers: Object.fromEntries(headers.map((header) => header.split(': '))),
    body: body!,
  };
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
