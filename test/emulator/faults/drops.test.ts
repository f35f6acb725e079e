import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dropOf as dropOfEvent } from '../../../functions/validate/process-message.ts';
import type { Home } from '../../../platform/ports.ts';
import { DatasetManifest } from '../../../usecases/validation/dataset-version.ts';
import { validateDrop } from '../../../usecases/validation/validate-drop.ts';
import { FaultFixture } from './fault-fixture.ts';

const KEY = 'incoming/other/x.csv';

describe('events of drops', () => {
  let fixture: FaultFixture;
  let home: Home;
  beforeEach(async () => {
    fixture = await FaultFixture.open();
    home = fixture.home;
    const contract = { features: [{ name: 'a', type: 'integer' }], file: { maxQuarantinedShare: 1 } };
    await home.data.put('contracts/other.json', JSON.stringify({ contract }));
  });
  afterEach(() => fixture.close());

  /** Drops a file, and gives the event that S3 sends of it, as far as it names the write. */
  async function dropped(text: string, on = home) {
    await on.data.put(KEY, text);
    const { versionId, bytes, etag } = (await on.data.head(KEY))!;
    const object = { key: KEY, size: bytes, etag: etag.replaceAll('"', '') };
    const detail = { object: versionId === etag ? object : { ...object, 'version-id': versionId } };
    return dropOf(detail);
  }
  const dropOf = (detail: unknown) => dropOfEvent({ detail } as Parameters<typeof dropOfEvent>[0]);

  async function manifests(): Promise<DatasetManifest[]> {
    const found: DatasetManifest[] = [];
    for await (const { key } of home.data.list('datasets/other/'))
      if (key.endsWith('manifest.json'))
        found.push(DatasetManifest.parse(JSON.parse(new TextDecoder().decode(await home.data.get(key)))));
    return found;
  }

  it('come twice, at once and later: the drop is validated once', async () => {
    const drop = await dropped('a\n1\n');
    const others = [home, await fixture.openHome(), await fixture.openHome()];
    const reports = await Promise.all(others.map((each) => validateDrop(each, drop)));
    reports.push(await validateDrop(home, drop));
    expect(reports.map(({ version }) => version)).toEqual([1, 1, 1, 1]);
    expect(reports.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(await manifests()).toHaveLength(1);
    await fixture.expectAllStored();
  });

  it('come out of order: each write is validated by itself, and the versions tell which was written first', async () => {
    const first = await dropped('a\n1\n');
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // S3 tells the time in seconds.
    const second = await dropped('a\n1\n2\n');
    expect(await validateDrop(home, second)).toMatchObject({ version: 1, rows: { records: 2 } });
    expect(await validateDrop(home, first)).toMatchObject({ version: 2, rows: { records: 1 } });
    const kept = (await manifests()).map(({ version, rows, source }) => ({ version, rows, at: source.writtenAt }));
    expect(kept.map(({ version, rows }) => [version, rows])).toEqual([
      [1, 2],
      [2, 1],
    ]);
    // The highest number was validated last; the last written is told by the time of its writing.
    expect(kept.toSorted((a, b) => a.at.localeCompare(b.at)).map(({ rows }) => rows)).toEqual([1, 2]);
    await fixture.expectAllStored();
  });

  it('tell of an object that is replaced while it is read: both writes are validated, each whole', async () => {
    const text = (n: number) => `a\n${`${n}\n`.repeat(50_000)}`;
    const first = await dropped(text(1));
    let second: typeof first | undefined;
    const until = async () => {
      second = await dropped(text(22));
    };
    fixture.proxy.when(
      { service: 's3', operation: 'GET', path: /incoming/ },
      { kind: 'hold', bytes: 1_000, until },
      { times: 1 },
    );
    expect(await validateDrop(home, first)).toMatchObject({
      version: 1,
      rows: { accepted: 50_000 },
      source: { bytes: first.bytes },
    });
    expect(await validateDrop(home, second!)).toMatchObject({ version: 2, source: { bytes: second!.bytes } });
    await fixture.expectAllStored();
  });

  it('tell of a write that is there no more, in a bucket without versions: that is said, and the newer one is validated', async () => {
    // The bucket of captures keeps no versions.
    const plain = { ...home, data: home.captures };
    await plain.data.put('contracts/other.json', await home.data.get('contracts/other.json'));
    const first = await dropped('a\n1\n', plain);
    expect(first.versionId).toMatch(/^"[0-9a-f]+"$/);
    expect(await validateDrop(plain, first)).toMatchObject({ version: 1 });
    const second = await dropped('a\n2\n', plain);
    const third = await dropped('a\n3\n', plain);
    await expect(validateDrop(plain, second)).rejects.toThrow(`no object under ${KEY}`);
    expect(await validateDrop(plain, third)).toMatchObject({ version: 2 });
    await fixture.expectAllStored();
  });
});
