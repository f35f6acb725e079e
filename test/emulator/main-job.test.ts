import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../cli/main.ts';
import { hourFolder } from '../../core/model/hour-folder.ts';
import { openAwsHome } from '../../platform/aws/home.ts';
import type { Home } from '../../platform/ports.ts';
import { joinGroundTruth } from '../../usecases/ground-truth/join-ground-truth.ts';
import { Endpoint } from '../../usecases/serving/endpoint.ts';
import { validateDrop } from '../../usecases/validation/validate-drop.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { createResources } from './resources.ts';

const MODEL = 'models/flight-delay';

/** The main job on the AWS home: the same commands and use cases as on a folder. */
describe('the main job on AWS', () => {
  const folder = temporaryFolder('aws');
  let home: Home;

  beforeAll(async () => {
    Object.assign(process.env, await createResources());
    home = await openAwsHome(process.env);
  });
  afterAll(async () => {
    await home.close();
  });

  async function trimtab(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
    const [out, err]: [string[], string[]] = [[], []];
    const io = { out: (text: string) => out.push(text), err: (text: string) => err.push(text), env: process.env };
    const status = await main(['--home', 'aws', ...argv], io);
    return { status, out: out.join('\n'), err: err.join('\n') };
  }

  it('registers, approves, releases and tells the history by the same commands', async () => {
    // What is not known of a version before its release is a note.
    for (const argv of [
      ['register', `${MODEL}/v1`],
      ['register', `${MODEL}/v2`],
      ['approve', 'flight-delay', '1'],
      ['approve', 'flight-delay', '2'],
      ['release', 'flight-delay', '1'],
      ['release', 'flight-delay', '2', '--canary'],
    ])
      expect(await trimtab(...argv)).toMatchObject({ status: 0, err: expect.stringMatching(/^(note: [^\n]*)?$/) });
    const { out } = await trimtab('status', 'flight-delay', '--json');
    expect(JSON.parse(out)).toMatchObject({
      models: [{ model: 'flight-delay', release: { champion: 1, challengers: [{ version: 2, weight: 0.25 }] } }],
    });
    expect((await trimtab('rollback', 'flight-delay', '--reason', 'tried')).status).toBe(0);
    expect((await trimtab('history', 'flight-delay')).out).toContain('canary-aborted');
  });

  it('serves what the ledger says, and takes ground truth', async () => {
    const lines: string[] = [];
    const endpoint = await Endpoint.open({
      home,
      models: 'all',
      cacheFolder: path.join(folder, 'cache'),
      emit: (line) => lines.push(line),
    });
    const send = (method: string, url: string, body: string) =>
      endpoint.handle({ method, path: url, query: {}, headers: {}, body: Buffer.from(body) });
    const features = [
      'carrier',
      'origin',
      'dest',
      'distance',
      'departure_minute',
      'weekday',
      'origin_departures',
      'origin_delay',
      'origin_overdue',
      'carrier_delay',
      'temp',
      'humid',
      'wind_speed',
      'wind_gust',
      'precip',
      'visib',
      'seats',
    ];
    const flight = ['UA', 'EWR', 'CLT', 529, 300, 6, 2, null, 0, null, 32, 53.6, 18.4, 23, 0, 10, 379];
    const instance = Object.fromEntries(features.map((name, i) => [name, [flight[i]]]));
    const answer = await send('POST', '/v1/models/flight-delay:predict', JSON.stringify({ instances: [instance] }));
    expect(answer.status).toBe(200);
    const id = answer.headers['x-trimtab-prediction-id']!;
    expect(
      (await send('POST', '/trimtab/v1/models/flight-delay/truth', JSON.stringify({ records: [{ id, truth: 0 }] })))
        .status,
    ).toBe(202);

    // As the log subscription and the delivery stream bring it.
    const capture = lines.find((line) => line.startsWith('{"trimtab":"capture"'))!;
    const hour = hourFolder(new Date().toISOString());
    await home.captures.put(`captures/${hour}/one.jsonl`, `${capture}\n`);
    expect(await joinGroundTruth(home, new Date())).toMatchObject({ joined: 1, waiting: 0 });
    await endpoint.close();
  });

  it('validates a dropped file, once, by the version that the event names', async () => {
    const key = 'incoming/flight-delay/2013-07.csv';
    await home.data.upload(key, `${MODEL}/data/2013-07.csv`);
    const versionId = (await home.data.head(key))!.versionId;
    const report = await validateDrop(home, { key, versionId });
    expect(report).toMatchObject({ verdict: 'accepted', version: 1, rows: { records: 9201, quarantined: 90 } });
    expect(await validateDrop(home, { key, versionId })).toMatchObject({ repeated: true });
  });
});
