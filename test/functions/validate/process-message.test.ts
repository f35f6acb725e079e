import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { ObjectCreated } from '../../../events/schemas.ts';
import { dropOf, processMessage } from '../../../functions/validate/process-message.ts';
import { MAX_RECEIVE_COUNT } from '../../../functions/validate/trigger.ts';
import type { DeadLetter } from '../../../platform/dead-letters.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import type { Home } from '../../../platform/ports.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const sample = JSON.parse(readFileSync('events/samples/object-created.json', 'utf8'));

describe('processMessage', () => {
  let folder: string;
  let home: Home;
  beforeEach(async () => {
    folder = temporaryFolder('message');
    home = await openLocalHome(folder);
    await home.data.put(
      'contracts/a.json',
      JSON.stringify({ contract: { features: [{ name: 'x', type: 'integer' }] } }),
    );
  });

  const message = (body: unknown, attempt: number) => ({
    messageId: 'message-1',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: { ApproximateReceiveCount: String(attempt) },
  });
  const created = (key: string, rest = {}) => ({ ...sample, detail: { ...sample.detail, object: { key, ...rest } } });
  const letter = async (): Promise<DeadLetter | undefined> =>
    (await home.data.head('dead-letter/validate/message-1.json')) &&
    JSON.parse(new TextDecoder().decode(await home.data.get('dead-letter/validate/message-1.json')));

  it('leaves a dead letter with the reason at every try that fails, for the last may never come', async () => {
    const event = created('incoming/a/gone.csv');
    for (let attempts = 1; attempts <= MAX_RECEIVE_COUNT; attempts++) {
      await expect(processMessage(home, message(event, attempts))).rejects.toThrow('no object under');
      const reason = 'ObjectNotFoundError: no object under incoming/a/gone.csv';
      expect(await letter()).toEqual({ function: 'validate', id: 'message-1', attempts, reason, event });
    }
  });

  it('takes the letter away when a later try succeeds', async () => {
    const event = created('incoming/a/late.csv');
    await expect(processMessage(home, message(event, 1))).rejects.toThrow('no object under');
    expect(await letter()).toBeDefined();
    await home.data.put('incoming/a/late.csv', 'x\n1\n');
    await processMessage(home, message(event, 2));
    expect(await letter()).toBeUndefined();
  });

  it('says in the letter that time did not suffice, and leaves no verdict', async () => {
    await home.data.put('incoming/a/slow.csv', 'x\n1\n');
    const event = created('incoming/a/slow.csv');
    await expect(processMessage(home, message(event, 1), 0)).rejects.toThrow('there is not enough time');
    expect((await letter())?.reason).toMatch(/^ResourceExhaustedError: there is not enough time/);
    await processMessage(home, message(event, 2), 60_000);
    expect(await letter()).toBeUndefined();
  });

  it('keeps a message as it is that is no event, or not even JSON', async () => {
    await expect(processMessage(home, message({ hello: 1 }, MAX_RECEIVE_COUNT))).rejects.toThrow();
    expect(await letter()).toMatchObject({ reason: expect.stringContaining('ZodError'), event: { hello: 1 } });
    await expect(processMessage(home, message('not JSON', MAX_RECEIVE_COUNT))).rejects.toThrow();
    expect(await letter()).toMatchObject({ event: 'not JSON' });
  });

  it('has said why, when the last try is killed, and takes it back when the last try succeeds', async () => {
    await home.data.put('incoming/a/x.csv', 'x\n1\n');
    const download = home.data.download.bind(home.data);
    let during: DeadLetter | undefined;
    home.data.download = async (...args) => {
      during = await letter();
      return download(...args);
    };
    await processMessage(home, message(created('incoming/a/x.csv'), MAX_RECEIVE_COUNT));
    expect(during?.reason).toContain('killed');
    expect(await letter()).toBeUndefined();
  });

  it('validates the very write that the event tells of, by version or else by content, and no shorter one', () => {
    const drop = (object: object) => dropOf(ObjectCreated.parse(created('k', object)));
    expect(drop({ size: 3, etag: 'e', 'version-id': 'v' })).toEqual({ key: 'k', bytes: 3, versionId: 'v' });
    expect(drop({ etag: 'e' })).toEqual({ key: 'k', versionId: '"e"' });
    expect(drop({})).toEqual({ key: 'k' });
  });
});
