import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { linesOf, type Unreadable } from './lines.ts';

/** A record may run over this many lines at most: a quote that is open for longer was never meant to be. */
const MAX_RECORD_LINES = 100;

/** What the careful reading made of a file. */
export interface RecoveredCsv {
  readonly unreadable: Unreadable[];
  /** Line of the source at which each record of the clean file begins. */
  readonly lineOfRecord: number[];
}

/**
 * Reads a CSV file line by line where the fast reader's count does not come out: every line ends up in a clean copy or
 * among the unreadable. A quoted field may run over lines; where its quote is not closed within 100 lines, or what
 * comes of it has the wrong number of fields, the first line alone is unreadable and reading goes on with the next.
 *
 * @param target where the clean copy goes, header included
 */
export async function recoverCsv(source: string, target: string, columns: number): Promise<RecoveredCsv> {
  const out = createWriteStream(target);
  const unreadable: Unreadable[] = [];
  const lineOfRecord: number[] = [];
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let open: { line: number; text: string }[] = [];

  const refuse = ({ line, text }: { line: number; text: string }, reason: string): void => {
    unreadable.push({ line, raw: text, reason });
  };
  const take = async (record: { line: number; text: string }[]): Promise<void> => {
    if (record[0]!.line > 1) lineOfRecord.push(record[0]!.line);
    if (!out.write(`${record.map(({ text }) => text).join('\n')}\n`)) await once(out, 'drain');
  };
  /** Decides about lines that wait for their quote to close; `ended` when no more will come. */
  const settle = async (ended: boolean): Promise<void> => {
    while (open.length > 0) {
      const shape = shapeOf(open.map(({ text }) => text).join('\n'));
      if (shape.closed && shape.fields === columns && shape.clean) {
        await take(open);
        open = [];
        return;
      }
      if (!shape.closed && !ended && open.length < MAX_RECORD_LINES) return;
      const [first, ...rest] = open;
      const alone = shapeOf(first!.text);
      if (!alone.closed) refuse(first!, 'a quote is opened and not closed');
      else if (!alone.clean) refuse(first!, 'a quote stands inside an unquoted field, or text follows a closing quote');
      else refuse(first!, `${alone.fields} fields, expected ${columns}`);
      open = rest;
      // The lines after it are read anew, one more at a time.
      const again = open;
      open = [];
      for (const line of again) {
        open.push(line);
        await settle(false);
      }
      if (!ended) return;
    }
  };

  for await (const { number, bytes } of linesOf(source)) {
    if (bytes.length === 0) continue;
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      await settle(true);
      refuse({ line: number, text: bytes.toString('latin1') }, 'not UTF-8');
      continue;
    }
    const strange = strangeIn(text);
    if (strange !== undefined) {
      await settle(true);
      refuse({ line: number, text }, `holds ${strange} inside`);
      continue;
    }
    open.push({ line: number, text });
    await settle(false);
  }
  await settle(true);
  out.end();
  await finished(out);
  return { unreadable, lineOfRecord };
}

/** A character that no line of a CSV file has, in words; undefined when there is none. */
function strangeIn(text: string): string | undefined {
  if (text.includes('\0')) return 'a NUL';
  return text.includes('\r') ? 'a carriage return' : undefined;
}

/** Number of fields, whether the last quote is closed, and whether quotes stand only where they may. */
function shapeOf(record: string): { fields: number; closed: boolean; clean: boolean } {
  let fields = 1;
  let clean = true;
  let i = 0;
  for (;;) {
    if (record[i] === '"') {
      i++;
      for (;;) {
        const close = record.indexOf('"', i);
        if (close === -1) return { fields, closed: false, clean };
        i = close + 1;
        if (record[i] !== '"') break;
        i++;
      }
      if (i < record.length && record[i] !== ',') {
        clean = false;
        const next = record.indexOf(',', i);
        i = next === -1 ? record.length : next;
      }
    } else {
      const next = record.indexOf(',', i);
      const end = next === -1 ? record.length : next;
      if (record.slice(i, end).includes('"')) clean = false;
      i = end;
    }
    if (i >= record.length) return { fields, closed: true, clean };
    fields++;
    i++;
  }
}
