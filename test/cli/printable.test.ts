import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logTo, print, printLine } from '../../cli/context.ts';
import { printable, printableLines } from '../../cli/printable.ts';

const HOSTILE = fc.string({
  unit: fc.constantFrom('a', '\u001b[2J', '\r', '\n', '\u009b', '\u202e', '\u007f', '✓', 'é'),
});

describe('printable', () => {
  it('escapes what a terminal would act on, in names and values', () => {
    expect(printable({ 'a\u001b': ['\u001b[31mred\n#2 released', 3, null, '✓ é'], __proto__: null })).toEqual({
      'a\\u001b': ['\\u001b[31mred\\n#2 released', 3, null, '✓ é'],
    });
    expect(printableLines('one\ntwo\r\u202e')).toBe('one\ntwo\\r\\u202e');
  });

  it('escapes what is named in lines of progress, and in what is logged until a command is stopped', () => {
    const [out, err]: [string[], string[]] = [[], []];
    const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: {} };
    printLine(io.out, 'serving /home/\u001b[2J\nserving elsewhere');
    expect(out).toEqual(['serving /home/\\u001b[2J\\nserving elsewhere']);
    logTo(io)('Error: \u001b[31m\n    at here');
    expect(err).toEqual(['Error: \\u001b[31m\n    at here']);
  });

  it('lets no control character of a view into text, and changes no JSON', () => {
    fc.assert(
      fc.property(HOSTILE, HOSTILE, (name, value) => {
        const outputs: string[] = [];
        const io = { out: (text: string) => outputs.push(text), err: () => undefined, env: {} };
        const view = { [name]: value };
        const format = (each: Record<string, string>): string => Object.entries(each).flat().join('\n');
        print(io, {}, view, format);
        print(io, { json: true }, view, format);
        expect(outputs[0]).toMatch(/^[^\p{Cc}\u202e]*\n[^\p{Cc}\u202e]*$/u);
        expect(JSON.parse(outputs[1]!)).toEqual(view);
      }),
    );
  });
});
