import { renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { watchFiles } from '../../../server/access/file-watch.ts';
import type { Interval } from '../../../server/lib/interval.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const folder = temporaryFolder('file-watch');
const file = path.join(folder, 'tokens.json');
let watch: Interval | undefined;

/** Watches the file; as long as `broken` is not empty, nothing can be read. */
async function open() {
  const seen = { broken: '', readings: 0, changed: [] as string[], failed: [] as string[] };
  const opened = await watchFiles([file], 0.005, {
    read: async () => {
      seen.readings++;
      if (seen.broken !== '') throw new Error(seen.broken);
      return readFile(file, 'utf8');
    },
    changed: (text) => seen.changed.push(text),
    failed: ({ message }) => seen.failed.push(message),
  });
  watch = opened.watch;
  return { seen, first: opened.first };
}

describe('watching files', () => {
  afterEach(() => watch?.stop());

  it('tries again what could not be read, though the file stays as it is, and says so once', async () => {
    writeFileSync(file, 'before');
    const { seen, first } = await open();
    seen.broken = 'EMFILE';
    writeFileSync(file, 'a token was taken back');
    await vi.waitFor(() => expect(seen.readings).toBeGreaterThan(4));
    expect(seen.failed).toEqual(['EMFILE']);
    seen.broken = 'EIO';
    await vi.waitFor(() => expect(seen.failed).toEqual(['EMFILE', 'EIO']));
    seen.broken = '';
    await vi.waitFor(() => expect(seen.changed.at(-1)).toBe('a token was taken back'));
    expect(first).toBe('before');
    expect(seen.changed).toHaveLength(1);
  });

  it.each([
    ['written in place', (text: string) => writeFileSync(file, text)],
    [
      'replaced by another',
      (text: string) => {
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
      },
    ],
  ])('sees one that was %s with the size and the time of before', async (_, put) => {
    const then = new Date('2026-01-01T00:00:00Z');
    writeFileSync(file, 'one');
    utimesSync(file, then, then);
    const { size } = statSync(file);
    const { seen } = await open();
    // Several times: within a tick of the file system's clock the inode says nothing of a second write.
    await vi.waitFor(() => {
      put('two');
      utimesSync(file, then, then);
      expect([statSync(file).size, statSync(file).mtimeMs]).toEqual([size, then.getTime()]);
      expect(seen.changed.at(-1)).toBe('two');
    });
  });
});
