/** A change of one file that a recipe shows. */
export interface RecipeStep {
  readonly path: string;
  /** The whole new file, or hunks of lines that stand in the file one behind the other. */
  readonly change:
    | { readonly kind: 'new'; readonly text: string }
    | { readonly kind: 'edit'; readonly hunks: readonly Hunk[] };
}

/** Lines to be found, and what they become. */
export interface Hunk {
  readonly before: string;
  readonly after: string;
}

const BLOCK = /^```(ts|md|diff) (\S+)\n([\s\S]*?)^```$/gm;

/** The steps of all recipes of a page, in order: its code blocks that name a file. */
export const recipeSteps = (page: string): RecipeStep[] =>
  [...page.matchAll(BLOCK)].map(([, language, path, body]) => ({
    path: path!,
    change:
      language === 'diff'
        ? { kind: 'edit', hunks: body!.trimEnd().split('\n@@\n').map(parseHunk) }
        : { kind: 'new', text: body! },
  }));

function parseHunk(text: string): Hunk {
  const lines = text.split('\n');
  const without = (sign: string): string =>
    lines
      .filter((line) => !line.startsWith(sign))
      .map((line) => line.slice(1))
      .join('\n');
  return { before: without('+'), after: without('-') };
}

/** Makes the changes of a hunk. @throws Error unless its lines are in the file exactly once */
export function applyHunk(file: string, text: string, { before, after }: Hunk): string {
  const parts = `\n${text}`.split(`\n${before}\n`);
  if (parts.length !== 2)
    throw new Error(`${file} has these lines ${parts.length - 1} times, expected once:\n${before}`);
  return parts.join(`\n${after}\n`).slice(1);
}
