import { stat } from 'node:fs/promises';
import { type Interval, startInterval } from '../lib/interval.ts';

/** What is read of files, and who is told what became of later readings. */
export interface FileReader<T> {
  read(): Promise<T>;
  /** Takes over what the files have become. */
  changed(value: T): void;
  /** They cannot be read or used. Told once as long as neither they nor the reason change. */
  failed(error: Error): void;
}

/**
 * Reads files, looks at them, and reads them again when any of them is another than before. It compares what `stat`
 * says of where the names lead, so that it also sees the swapped links by which Kubernetes updates what it mounts. A
 * change counts as read only when it was: what failed is tried again at every look, for a reason such as too many open
 * files passes and leaves no trace in the file.
 *
 * @returns what was read first
 * @throws whatever the first reading throws
 */
export async function watchFiles<T>(
  files: readonly string[],
  seconds: number,
  { read, changed, failed }: FileReader<T>,
): Promise<{ readonly first: T; readonly watch: Interval }> {
  // Before the reading, so that no change falls between the two.
  let last = await stateOf(files);
  const first = await read();
  let told: string | undefined;
  const look = async (): Promise<void> => {
    const now = await stateOf(files);
    if (now === last) {
      told = undefined;
      return;
    }
    try {
      changed(await read());
      [last, told] = [now, undefined];
    } catch (error) {
      const failure = `${now}\n${(error as Error).message}`;
      if (failure !== told) failed(error as Error);
      told = failure;
    }
  };
  return { first, watch: startInterval(seconds, look, () => undefined) };
}

/** Modification times can be set, the time of the last change of the inode cannot: a copy may keep size and times. */
async function stateOf(files: readonly string[]): Promise<string> {
  const states = await Promise.all(
    files.map((file) =>
      stat(file, { bigint: true }).then(
        ({ dev, ino, size, mtimeNs, ctimeNs, mode }) => [dev, ino, size, mtimeNs, ctimeNs, mode].join(' '),
        (error: NodeJS.ErrnoException) => String(error.code),
      ),
    ),
  );
  return states.join('\n');
}
