import { stat } from 'node:fs/promises';
import { type Interval, startInterval } from '../lib/interval.ts';

/**
 * Looks at files and calls `changed` when any of them is another than before. It compares what `stat` says of where the
 * names lead, so that it also sees the swapped links by which Kubernetes updates what it mounts.
 */
export async function watchFiles(
  files: readonly string[],
  seconds: number,
  changed: () => Promise<void>,
): Promise<Interval> {
  let last = await stateOf(files);
  return startInterval(
    seconds,
    async () => {
      const now = await stateOf(files);
      if (now === last) return;
      last = now;
      await changed();
    },
    () => undefined,
  );
}

async function stateOf(files: readonly string[]): Promise<string> {
  const states = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ dev, ino, size, mtimeMs, mode }) => `${dev} ${ino} ${size} ${mtimeMs} ${mode}`,
        (error: NodeJS.ErrnoException) => String(error.code),
      ),
    ),
  );
  return states.join('\n');
}
