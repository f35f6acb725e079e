import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMultipart } from '../../../../core/protocols/formats/multipart.ts';

const parse = (text: string, boundary: string | undefined = 'b') => parseMultipart(Buffer.from(text), boundary);
const part = (head: string, body: string) => `--b\r\n${head}\r\n\r\n${body}\r\n`;
const NAMED = 'Content-Disposition: form-data; name="x"';

describe('parseMultipart', () => {
  it('reads what the platform’s own client writes', async () => {
    const field = fc.tuple(
      fc.string({ unit: 'grapheme', minLength: 1 }).filter((name) => !/[\\%\r\n]/.test(name)),
      fc.uint8Array({ maxLength: 60 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(field, { maxLength: 5 }), async (fields) => {
        const form = new FormData();
        for (const [name, bytes] of fields)
          form.append(name, new Blob([new Uint8Array(bytes)], { type: 'image/x' }), 'f"1.bin');
        const sent = new Response(form);
        const boundary = /boundary=(.*)$/.exec(sent.headers.get('content-type')!)![1]!;
        const parts = parseMultipart(new Uint8Array(await sent.arrayBuffer()), boundary);
        expect(parts.map(({ name, filename, type, body }) => ({ name, filename, type, body: [...body] }))).toEqual(
          fields.map(([name, body]) => ({ name, filename: 'f"1.bin', type: 'image/x', body: [...body] })),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('finds no boundary in what only looks like one', () => {
    const [first] = parse(`${part(NAMED, 'x--b\r\n-b\r\n--c')}--b--`);
    expect(Buffer.from(first!.body).toString()).toBe('x--b\r\n-b\r\n--c');
    expect(parse('--b--\r\n')).toEqual([]);
  });

  it.each([
    ['', undefined, 'no boundary'],
    ['', 'a'.repeat(71), 'boundary is none'],
    ['preamble\r\n--b--', 'b', 'begin with the boundary'],
    [part(NAMED, ''), 'b', 'last boundary is missing'],
    ['--bc\r\n', 'b', 'behind it'],
    [`--b\r\n${NAMED}\r\n\r\nbody`, 'b', 'last boundary is missing'],
    [`--b\r\n${NAMED}\r\nbody--b--`, 'b', 'no end of its headers'],
    [`${part('Content-Type: text/plain', 'y')}--b--`, 'b', 'part 0 has no name'],
    [`${part('Content-Disposition: attachment; name="x"', 'y')}--b--`, 'b', 'no form-data'],
    [`${part(`${NAMED}\r\nContent-Transfer-Encoding: base64`, 'y')}--b--`, 'b', 'send it as it is'],
    [`${part(`${NAMED}\r\nX: ${'y'.repeat(9000)}`, 'y')}--b--`, 'b', 'no end of its headers'],
    [`${part(NAMED, 'y')}--b-- more`, 'b', 'after its end'],
  ])('refuses %j', (text, boundary, message) => {
    expect(() => parseMultipart(Buffer.from(text), boundary)).toThrow(message);
  });

  it('counts the parts before it keeps them', () => {
    expect(() => parse(`${part(NAMED, '').repeat(1001)}--b--`)).toThrow('more than 1000 parts');
  });
});
