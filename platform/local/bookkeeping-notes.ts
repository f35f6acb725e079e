import { createHash } from 'node:crypto';
import { lstat, open, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { BookkeepingRecord } from '../../core/observability/bookkeeping.ts';
import { BookkeepingNote } from '../bookkeeping-note.ts';
import { makeFolder } from '../make-folder.ts';
import { isRunning } from '../process-token.ts';

/** Folder of the notes in a home. */
const FOLDER = 'bookkeeping';
/** Size of a note; it is taken while there is room, and overwritten in place when there is none. */
const BYTES = 8 * 1024;
/** So long the note of a process that is no more is kept. */
const KEPT_MS = 7 * 24 * 3_600_000;

/**
 * What a process could not write down, where `status` and `doctor` find it: in a file of the home that has its full size
 * from the beginning, so that a full disk takes what is noted in it; and where that cannot be written, as on a disk that
 * is read-only, in the temporary folder of this machine.
 */
export class NoteFile {
  readonly #name = `${os.hostname()}.${process.pid}.json`;
  #noted = false;

  private constructor(private readonly home: string) {}

  /** Takes the room for it. Does not throw. */
  static async open(home: string): Promise<NoteFile> {
    const file = new NoteFile(home);
    await removeOld(path.join(home, FOLDER));
    await file.#put(path.join(home, FOLDER), []).catch(() => undefined);
    return file;
  }

  /** Notes it. Does not throw: the log has it as well. */
  async write(records: readonly BookkeepingRecord[]): Promise<void> {
    this.#noted ||= records.length > 0;
    try {
      await this.#put(path.join(this.home, FOLDER), records);
    } catch {
      await this.#beside(records).catch(() => undefined);
    }
  }

  /** Takes the file away, unless there is something in it. Does not throw. */
  async close(): Promise<void> {
    if (this.#noted) return;
    await rm(path.join(this.home, FOLDER, this.#name), { force: true }).catch(() => undefined);
  }

  async #beside(records: readonly BookkeepingRecord[]): Promise<void> {
    const folder = besideFolder(this.home);
    makeFolder(folder, 0o700);
    await assertOwn(folder);
    await this.#put(folder, records);
  }

  async #put(folder: string, records: readonly BookkeepingRecord[]): Promise<void> {
    const note: Omit<BookkeepingNote, 'alive'> = {
      host: os.hostname(),
      pid: process.pid,
      at: new Date().toISOString(),
      losses: records.map(({ since, until, ...rest }) => ({
        ...rest,
        since: new Date(since).toISOString(),
        until: until === null ? null : new Date(until).toISOString(),
      })),
    };
    makeFolder(folder, 0o700);
    const file = path.join(folder, this.#name);
    const text = Buffer.from(JSON.stringify(note).padEnd(BYTES));
    const handle = await open(file, 'r+').catch(() => open(file, 'wx', 0o600));
    try {
      for (let at = 0; at < text.length; ) at += (await handle.write(text, at, text.length - at, at)).bytesWritten;
    } finally {
      await handle.close();
    }
  }
}

/** Notes of all processes that serve a home, or did within the last days; of each the newest. */
export async function readNotes(home: string): Promise<BookkeepingNote[]> {
  const newest = new Map<string, BookkeepingNote>();
  const beside = besideFolder(home);
  const own = await assertOwn(beside).then(
    () => [beside],
    () => [],
  );
  for (const folder of [path.join(home, FOLDER), ...own])
    for (const note of await notesIn(folder)) {
      const key = `${note.host} ${note.pid}`;
      if (note.losses.length > 0 && note.at > (newest.get(key)?.at ?? '')) newest.set(key, note);
    }
  return [...newest.values()].sort((a, b) => (a.at < b.at ? 1 : -1));
}

async function notesIn(folder: string): Promise<BookkeepingNote[]> {
  const names = await readdir(folder).catch(() => []);
  const notes = await Promise.all(
    names.map(async (name) => {
      try {
        const raw = JSON.parse(await readFile(path.join(folder, name), 'utf8')) as { host: string; pid: number };
        return [BookkeepingNote.parse({ ...raw, alive: raw.host === os.hostname() && isRunning(raw.pid) })];
      } catch {
        // A process is just writing it, or was killed before its first word.
        return [];
      }
    }),
  );
  return notes.flat();
}

/** Removes what processes that are no more noted long ago, or had nothing to note. */
async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const file = path.join(folder, name);
    const [note] = (await notesIn(folder)).filter(({ host, pid }) => name === `${host}.${pid}.json`);
    if (note === undefined || note.alive || note.host !== os.hostname()) continue;
    if (note.losses.length === 0 || Date.now() - Date.parse(note.at) > KEPT_MS)
      await rm(file, { force: true }).catch(() => undefined);
  }
}

/** The folder for a home's notes in the temporary folder of this machine. */
function besideFolder(home: string): string {
  const id = createHash('sha256').update(path.resolve(home)).digest('hex').slice(0, 16);
  return path.join(os.tmpdir(), `trimtab-bookkeeping-${process.getuid?.() ?? 'user'}`, id);
}

/** Everybody may write to the temporary folder. @throws when it is not there, or somebody else has made it */
async function assertOwn(folder: string): Promise<void> {
  for (const each of [path.dirname(folder), folder]) {
    const info = await lstat(each);
    if (!info.isDirectory() || (process.getuid !== undefined && info.uid !== process.getuid()))
      throw new Error(`${each} is somebody else's`);
  }
}
