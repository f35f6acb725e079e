import { appendFile, readFile } from 'node:fs/promises';
import * as z from 'zod';
import { codeOf } from '../platform/local/atomic.ts';
import { makePrivateFile } from '../platform/private-files.ts';

const Line = z.object({ key: z.string(), etag: z.string() });

/**
 * Which files were processed or became dead letters, across restarts: a file that lies there is dropped once, and is not
 * judged or tried again because the program starts again, under a contract that has changed meanwhile.
 */
export class DropLog {
  private constructor(
    private readonly file: string,
    /** Etags by keys. */
    readonly known: ReadonlyMap<string, string>,
  ) {}

  static async open(file: string): Promise<DropLog> {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return '';
      throw error;
    });
    return new DropLog(file, new Map(text.split('\n').flatMap(entryOf)));
  }

  async add({ key, etag }: { readonly key: string; readonly etag: string }): Promise<void> {
    makePrivateFile(this.file);
    await appendFile(this.file, `${JSON.stringify({ key, etag })}\n`);
  }
}

/** A line that was cut off by a kill is none: its file is processed once more, which changes nothing. */
function entryOf(line: string): [string, string][] {
  try {
    const { key, etag } = Line.parse(JSON.parse(line));
    return [[key, etag]];
  } catch {
    return [];
  }
}
