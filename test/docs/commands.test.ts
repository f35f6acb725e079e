import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { main } from '../../cli/main.ts';
import { codeSpans, markdownFiles } from './markdown.ts';

/** What `trimtab` or one of its commands says of itself. */
async function helpOf(...command: string[]): Promise<string> {
  let help = '';
  await main([...command, '--help'], {
    out: (text) => {
      help += text;
    },
    err: () => undefined,
    env: {},
  });
  return help;
}

const commands = [...(await helpOf()).matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name!);

/**
 * Command lines in code: what stands between backticks, and lines of code blocks. `trimtab encrypt v1 …` is a text that
 * keys are derived with.
 */
const LINE = /(?:`|^|\$ |npx )trimtab (?!encrypt v1)([a-z]+)([^`\n]*)/gm;

/** The words in code spans of a page. */
const codeWords = (file: string): Set<string> =>
  new Set(codeSpans(readFileSync(file, 'utf8')).flatMap((code) => code.split(/[^a-z]+/)));

describe('commands named in Markdown files', () => {
  it.each(['README.md', 'docs/commands.md'])('are all there is, in %s', (file) => {
    expect(commands.length).toBeGreaterThan(20);
    const words = codeWords(file);
    expect(commands.filter((command) => !words.has(command))).toEqual([]);
  });

  it('are commands, with options that they have', async () => {
    const options = new Map<string, Set<string>>();
    for (const command of commands) {
      const help = await helpOf(command);
      // Of a command that has parts, those of all its parts.
      const parts = [...help.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, part]) => part!);
      const helps = [help, ...(await Promise.all(parts.map((part) => helpOf(command, part))))];
      options.set(command, new Set(helps.flatMap((text) => text.match(/--[a-z-]+/g) ?? [])));
    }
    const wrong: string[] = [];
    let found = 0;
    for (const file of markdownFiles())
      for (const [, command, rest] of readFileSync(file, 'utf8').matchAll(LINE)) {
        found++;
        const known = options.get(command!);
        if (known === undefined) wrong.push(`${file}: trimtab ${command}`);
        for (const [, option] of rest!.replace(/ #.*/, '').matchAll(/(?<=[ [|])(--[a-z-]+)/g))
          if (known !== undefined && !known.has(option!)) wrong.push(`${file}: trimtab ${command} ${option}`);
      }
    expect(found).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });
});
