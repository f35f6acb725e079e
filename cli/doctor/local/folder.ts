import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { STORES } from '../../../platform/local/home.ts';
import { wideIn } from '../../../platform/local/narrow.ts';
import { isShared } from '../../../platform/private-files.ts';
import { leftIn } from '../../../platform/unfinished.ts';
import { type DoctorCheck, errorReason, fail, ok, warn } from '../check.ts';
import type { Finding } from '../doctor-view.ts';

const GB = 1_000_000_000;
/** Free space from which it is said, and below which writing soon fails. */
const LITTLE = 5 * GB;
const TOO_LITTLE = GB / 2;

/** A local home, before it is opened: opening it clears away what is looked for. */
export interface FolderContext {
  readonly folder: string;
  /** Free bytes of the file system of a folder; for tests. */
  readonly free?: (folder: string) => Promise<number>;
}

/** The folder is there, is ours, has room, and nobody was killed in the middle of writing to it. */
export const folder: DoctorCheck<FolderContext> = {
  name: 'folder',
  async look({ folder: home, free = freeBytes }) {
    const info = await stat(home).catch((error: unknown) => error as NodeJS.ErrnoException);
    if (info instanceof Error)
      return [
        fail('folder', errorReason(info), {
          expected: `a folder ${home}`,
          remedy: '`npm start` or `trimtab register FOLDER` makes one; or name another with --home',
        }),
      ];
    if (!info.isDirectory())
      return [fail('folder', `${home} is a file`, { expected: 'a folder', remedy: 'name another with --home' })];
    const findings: Finding[] = [await writable(home)];
    findings.push(await permissions(home, info.mode));
    return [...findings, room(await free(home)), await unfinished(home)];
  },
};

/** Whoever reads it reads what people are predicted about; whoever writes to it decides what is served. */
async function permissions(home: string, mode: number): Promise<Finding> {
  const wide = await wideIn(home);
  const shared = isShared(mode);
  const whose = shared ? 'its user and the group that it is shared with' : 'its user';
  if (wide.length === 0) return ok('folder permissions', `only ${whose} may read and write it`);
  const named = wide.map(({ path: file, mode: has }) => `${file} (mode ${(has & 0o777).toString(8)})`);
  return warn('folder permissions', `others may read or write ${named.join(', ')}`, {
    expected: `only ${whose} may: whoever writes the ledger decides what is served`,
    remedy: `chmod ${shared ? 'o-rwx' : 'go-rwx'} ${wide.map(({ path: file }) => file).join(' ')}; to share a home with its group, chmod 2770 ${home}`,
  });
}

async function writable(home: string): Promise<Finding> {
  const stores = ['.', 'ledger', 'artifacts', 'data', 'captures'];
  for (const store of stores) {
    const error = await access(path.join(home, store), constants.R_OK | constants.W_OK | constants.X_OK).catch(
      (reason: unknown) => reason as NodeJS.ErrnoException,
    );
    if (error?.code === 'EROFS')
      return fail('writing', `${path.join(home, store)} is on a disk that takes no writes`, {
        expected: 'that it can be written: releases, rollbacks, captures and truths are stored there',
        remedy:
          'see why the system has made it read-only (`dmesg`), mount it for writing again; runbook: bookkeeping.md',
      });
    if (error && error.code !== 'ENOENT')
      return fail('folder', `${path.join(home, store)} cannot be read and written: ${error.code}`, {
        expected: 'that this user may',
        remedy: `chown or chmod it, or run as its owner (you are ${os.userInfo().username})`,
      });
  }
  return ok('folder', home);
}

function room(bytes: number): Finding {
  const found = `${(bytes / GB).toFixed(1)} GB free`;
  const advice = { expected: `at least ${LITTLE / GB} GB`, remedy: 'make room: captures and dataset versions grow' };
  if (bytes < TOO_LITTLE) return fail('disk', found, advice);
  return bytes < LITTLE ? warn('disk', found, advice) : ok('disk', found);
}

async function freeBytes(home: string): Promise<number> {
  const { bavail, bsize } = await statfs(home);
  return bavail * bsize;
}

/** Files of writers that were killed. They are no content; the next opening of the home clears them. */
async function unfinished(home: string): Promise<Finding> {
  const found = (await Promise.all(STORES.map((store) => leftIn(path.join(home, store))))).flat();
  if (found.length === 0) return ok('unfinished files', 'none');
  return warn('unfinished files', `${found.length}, of processes that are no more`, {
    expected: 'none',
    remedy:
      'somebody was killed while writing; what was acknowledged is there, and these are cleared at the next start',
  });
}
