import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { coloured, hasColour } from '../../cli/colour.ts';
import { main } from '../../cli/main.ts';
import { bar, table } from '../../cli/output/table.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const TEXT = [
  table(['what', 'n'], [['one', 1]]),
  `  champion 1 ${bar(0.5, 10)} 50 %`,
  '✓ ledger  fine',
  '✗ folder  gone',
  'rejected: empty',
  '  undo  trimtab lift m 1',
].join('\n');

describe('colour', () => {
  it('is there where the terminal has it, and as NO_COLOR, FORCE_COLOR and TERM say', () => {
    expect(hasColour(true, { TERM: 'xterm' })).toBe(true);
    expect(hasColour(false, { TERM: 'xterm' })).toBe(false);
    expect(hasColour(true, { TERM: 'dumb' })).toBe(false);
    expect(hasColour(true, { TERM: 'xterm', NO_COLOR: '1' })).toBe(false);
    expect(hasColour(false, { FORCE_COLOR: '1' })).toBe(true);
    expect(hasColour(true, { TERM: 'xterm', FORCE_COLOR: '0' })).toBe(false);
  });

  it('changes no word', () => {
    expect(coloured(TEXT)).not.toBe(TEXT);
    expect(stripVTControlCharacters(coloured(TEXT))).toBe(TEXT);
    // What the program did not write itself stays as it is.
    expect(coloured('of the drift: no ✓')).toBe('of the drift: no ✓');
  });

  it('is on neither JSON nor what is no terminal', async () => {
    const home = temporaryFolder('colour');
    const run = async (terminal: boolean, ...argv: string[]) => {
      const [out, err]: [string[], string[]] = [[], []];
      await main(['--home', home, ...argv], {
        out: (text) => out.push(text),
        err: (text) => err.push(text),
        env: { TERM: 'xterm' },
        terminal: { out: terminal, err: terminal },
      });
      return [...out, ...err].join('\n');
    };
    expect(await run(true, 'status', 'nobody')).toContain('\u001b[31mtrimtab:');
    expect(await run(false, 'status', 'nobody')).not.toContain('\u001b');
    expect(await run(true, 'list', '--json')).not.toContain('\u001b');
  });
});
