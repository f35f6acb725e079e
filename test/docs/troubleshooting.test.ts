import { readFileSync } from 'node:fs';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';

const SOURCES = '{cli,core,local-runtime,platform,server,usecases}/**/*.ts';

/** Messages of a page: code spans of the first column of its tables, with backticks of their own escaped. */
function messagesIn(page: string): string[] {
  const cells = [...page.matchAll(/^\| (`.*?[^\\]`) \| /gm)].map(([, cell]) => cell!);
  return cells.flatMap((cell) =>
    [...cell.matchAll(/`((?:\\`|[^`])+)`/g)].map(([, text]) => text!.replaceAll('\\`', '`')),
  );
}

/** The text of a source as it is printed: literals that are put together are one, and `…` stands for each value. */
function printedText(source: string): string {
  let text = source.replace(/['"`] \+\s+['"`]/g, '').replaceAll('\\`', '`');
  // From the inside out.
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(/\$\{[^{}]*\}/g, '…').replace(/(?<=\$\{[^}]*)\{[^{}]*\}/g, '');
  }
  return text;
}

/** Whether one literal of a source can say a message: its fixed parts stand in one line, in their order. */
function says(printed: string, message: string): boolean {
  const parts = message.split('…').map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(parts.join('.*')).test(printed);
}

describe('docs/troubleshooting.md', () => {
  const printed = globSync(SOURCES).map((file) => printedText(readFileSync(file, 'utf8')));

  it('quotes only what the code can say', () => {
    const messages = messagesIn(readFileSync('docs/troubleshooting.md', 'utf8'));
    expect(messages.length).toBeGreaterThan(50);
    expect(messages.filter((message) => !printed.some((text) => says(text, message)))).toEqual([]);
  });

  it('is held by the fixed parts of a message in one literal, however it is put together', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a source
    const source = 'throw new Error(`a ${x.map(({ y }) => `<${y}>`).join()} b ` +\n  `c ${d}`);\nconst e = `f`;';
    const text = printedText(source);
    expect(says(text, 'b c …')).toBe(true);
    expect(says(text, 'b … f')).toBe(false);
    expect(messagesIn('| `a \\`b\\` …`, `c` | `d` |\n')).toEqual(['a `b` …', 'c']);
  });
});
