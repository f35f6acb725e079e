import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lossReason } from '../../core/observability/bookkeeping.ts';
import { makeFolder } from '../../platform/make-folder.ts';

/**
 * The folder for copies whose own folder takes none, as on a full disk: a start, a release or a rollback must not wait for
 * the disk. What is read from it is checked by its digest, so that it does not matter who writes to it.
 */
export function spareFolder(folder: string): string {
  const id = createHash('sha256').update(path.resolve(folder)).digest('hex').slice(0, 16);
  const spare = path.join(tmpdir(), `trimtab-cache-${process.getuid?.() ?? 'user'}-${id}`);
  makeFolder(spare, 0o700);
  return spare;
}

/** Whether a folder cannot be written to. On a read-only disk Node tells of a folder to be made that it is not there. */
export function takesNoWrites(error: unknown): boolean {
  if (['disk-full', 'read-only', 'not-permitted'].includes(lossReason(error))) return true;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return syscall === 'mkdir' && (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EEXIST');
}
