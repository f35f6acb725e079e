import { statfs } from 'node:fs/promises';
import { PlatformError } from '../errors.ts';
import { isAbsent } from './atomic.ts';

/** Share of a disk that is left for what matters more, and the most that it is; bytes. */
const SHARE = 0.02;
const MOST = 256 * 1024 * 1024;

/** The disk has no more room than what is left for the ledger, truths and releases. */
export class DiskReserveError extends PlatformError {
  override readonly name = 'DiskReserveError';
  /** As of a disk that is full. */
  readonly code = 'ENOSPC';
}

/**
 * Sees to it that what grows with the traffic, captures and metrics, does not take the last room: while the ledger, truths
 * and data files can still be written, releases can be taken back.
 *
 * @param folder of the disk
 * @throws DiskReserveError
 */
export async function assertReserve(folder: string): Promise<void> {
  const found = await statfs(folder).catch((error: unknown) => {
    // It is made when something is first written.
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (found === undefined) return;
  const { bavail, blocks, bsize } = found;
  // Some file systems do not say how large they are.
  const reserve = Math.min(MOST, SHARE * blocks * bsize);
  const free = bavail * bsize;
  if (free < reserve)
    throw new DiskReserveError(
      `the disk of ${folder} has ${megabytes(free)} MB left, and the last ${megabytes(reserve)} are for the ledger and truths`,
    );
}

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);
