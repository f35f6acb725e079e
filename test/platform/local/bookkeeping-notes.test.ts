import { statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bookkeeping as check } from '../../../cli/doctor/home/bookkeeping.ts';
import { Bookkeeping } from '../../../core/observability/bookkeeping.ts';
import { NoteFile, readNotes } from '../../../platform/local/bookkeeping-notes.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });

describe('notes of what cannot be written', () => {
  it('have their room from the beginning, and tell others of it; doctor says what to do', async () => {
    const home = await openLocalHome(temporaryFolder('notes'));
    const file = await NoteFile.open(home.folder);
    const note = path.join(home.folder, 'bookkeeping', `${hostname()}.${process.pid}.json`);
    const { size, ino } = statSync(note);
    expect(await readNotes(home.folder)).toEqual([]);
    const kept = new Bookkeeping(() => 0);
    kept.lost('captures', full, 3);
    await file.write(kept.records);
    expect(statSync(note)).toMatchObject({ size, ino });
    const [found] = await check.look({ home } as never);
    expect(found).toMatchObject({ name: 'bookkeeping: captures', status: 'fail' });
    expect(found!.found).toContain('since 1970-01-01T00:00:00.000Z (disk-full)');
    expect(found!.found).toContain('3 lost');
    expect(found!.remedy).toContain('make room');
    kept.worked('captures');
    await file.write(kept.records);
    expect((await check.look({ home } as never))[0]).toMatchObject({ status: 'warn' });
    await home.close();
  });

  it('are elsewhere where the home takes no writes', async () => {
    const home = temporaryFolder('notes-blocked');
    writeFileSync(path.join(home, 'bookkeeping'), 'a file where a folder should be');
    const file = await NoteFile.open(home);
    const kept = new Bookkeeping(() => 0);
    kept.refused('truths', 'quota');
    await file.write(kept.records);
    expect(await readNotes(home)).toMatchObject([
      { pid: process.pid, alive: true, losses: [{ what: 'truths', refused: 1 }] },
    ]);
  });

  it.runIf(process.platform === 'linux')(
    'are elsewhere where a folder is refused by saying that there is none above it',
    async () => {
      const file = await NoteFile.open('/proc/nowhere');
      const kept = new Bookkeeping(() => 0);
      kept.refused('truths', 'quota');
      await file.write(kept.records);
      expect(await readNotes('/proc/nowhere')).toMatchObject([{ pid: process.pid, losses: [{ what: 'truths' }] }]);
    },
  );
});
