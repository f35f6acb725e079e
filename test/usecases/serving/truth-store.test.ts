import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProtocolError } from '../../../core/errors/protocol-error.ts';
import { Bookkeeping } from '../../../core/observability/bookkeeping.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { TruthStore } from '../../../usecases/serving/truth-store.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const truths = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `id-${from + i}`, truth: 1 }));

describe('TruthStore', () => {
  it('puts what comes while it writes into one object, and answers each when its own is stored', async () => {
    const home = await openLocalHome(temporaryFolder('truths'));
    const store = new TruthStore({ data: home.data, bookkeeping: home.bookkeeping, complain: () => undefined });
    await Promise.all(Array.from({ length: 200 }, (_, i) => store.store('m', truths(i * 3, 3))));
    const folder = path.join(home.folder, 'data/ground-truth/incoming/m');
    expect(readdirSync(folder).length).toBeLessThan(20);
    const lines = new Set<string>();
    for await (const { key } of home.data.list('ground-truth/incoming/m/'))
      for (const line of Buffer.from(await home.data.get(key))
        .toString('utf8')
        .trim()
        .split('\n'))
        lines.add(line);
    expect(lines.size).toBe(600);
    await home.close();
  });

  it('answers 503 where the file system fails, never that it was taken, and stores again when it is mended', async () => {
    const home = await openLocalHome(temporaryFolder('truths-broken'));
    const complaints: unknown[] = [];
    const store = new TruthStore({
      data: home.data,
      bookkeeping: home.bookkeeping,
      complain: (error) => complaints.push(error),
    });
    await store.store('m', truths(0, 1));
    const folder = path.join(home.folder, 'data/ground-truth');
    renameSync(folder, `${folder}.aside`);
    writeFileSync(folder, 'a file where a folder should be');
    for (let i = 0; i < 3; i++) {
      const error = await store.store('m', truths(1, 1)).then(
        () => undefined,
        (reason: unknown) => reason as ProtocolError,
      );
      expect(error).toMatchObject({ status: 503, retryAfterSeconds: 5 });
    }
    expect(complaints).toHaveLength(1);
    expect(home.bookkeeping.records).toMatchObject([{ what: 'truths', until: null, lost: 0, refused: 3 }]);
    renameSync(folder, `${folder}.broken`);
    renameSync(`${folder}.aside`, folder);
    await store.store('m', truths(1, 1));
    expect(home.bookkeeping.troubled).toBe(false);
    expect(readdirSync(path.join(folder, 'incoming/m'))).toHaveLength(2);
    await home.close();
  });

  it('holds no more than it may of what a store that hangs does not take, and lets nobody wait for it', async () => {
    const bookkeeping = new Bookkeeping(Date.now);
    let release = (): void => undefined;
    const hanging = new Promise<boolean>((resolve) => {
      release = () => resolve(true);
    });
    const stored: string[] = [];
    const put = async (_: string, body: unknown): Promise<boolean> => {
      await hanging;
      stored.push(...String(body).trim().split('\n'));
      return true;
    };
    const store = new TruthStore({
      data: { put },
      bookkeeping,
      complain: () => undefined,
      maxWaiting: 1_000,
      patienceMs: 20,
    });
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => store.store('m', truths(i, 1))));
    expect(outcomes.every((each) => each.status === 'rejected' && each.reason.status === 503)).toBe(true);
    release();
    // What was not refused at once is stored, though nobody was told so.
    await expect.poll(() => stored.length).toBeGreaterThan(10);
    expect(stored.join('\n').length).toBeLessThanOrEqual(1_000);
    await store.store('m', truths(500, 1));
    expect(bookkeeping.records).toMatchObject([{ what: 'truths', reason: 'too-slow', lost: 0, refused: 100 }]);
  });
});
