import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PersonalTreatment } from '../../../core/contract/contract.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { digestOfFile } from '../../../platform/digest.ts';
import { literal, withDuck } from '../../../platform/duckdb/connection.ts';
import { openLocalHome } from '../../../platform/local/home.ts';
import { loadModel, readSignature } from '../../../platform/onnx/model.ts';
import { DeliveryStream } from '../../../server/captures/delivery-stream.ts';
import { buildBaseline } from '../../../usecases/baseline/build-baseline.ts';
import { runDriftDetection } from '../../../usecases/drift/detect-drift.ts';
import { joinGroundTruth } from '../../../usecases/ground-truth/join-ground-truth.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { validateDrop } from '../../../usecases/validation/validate-drop.ts';
import { request } from '../../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { findMarkers, mentions } from './scan.ts';

/** What only one person in the world has: as a feature of text, a feature of number, whom it is about, and the truth. */
const MARKERS = ['Zyx-Canary', '4711.0815', 'subject-0815-canary', 'diagnosis-canary'] as const;
const [NAME, NUMBER, SUBJECT, TRUTH] = MARKERS;
const MODEL = 'test/fixtures/onnx/pipeline.onnx';
const HEAD = 'row,customer,sick,carrier,distance,temperature';

/** The manifest, its personal fields treated in one way. */
const manifest = (personal: PersonalTreatment) =>
  Manifest.parse({
    name: 'canary',
    contract: {
      features: [
        { name: 'carrier', type: 'string', maxLength: 30, personal },
        { name: 'distance', type: 'float', min: 0, max: 5000, personal },
        { name: 'temperature', type: 'float', min: -50, max: 50, missing: 'allow', onViolation: 'flag' },
      ],
      data: {
        id: 'row',
        label: 'sick',
        extra: ['customer'],
        ...(personal === 'no'
          ? {}
          : {
              personal: { customer: personal === 'omit' ? 'hash' : personal, sick: personal },
              subject: 'customer',
            }),
      },
      file: { maxQuarantinedShare: 0.9 },
    },
    decision: { task: 'binary', output: 'probabilities', column: 1 },
  });

/** Everything that a home sees of a person in its life; what it keeps of it lies in the folder afterwards. */
async function journey(folder: string, personal: PersonalTreatment): Promise<string[]> {
  const lines: string[] = [];
  const home = await openLocalHome(path.join(folder, 'home'));
  const model = path.join(folder, 'model');
  mkdirSync(model, { recursive: true });
  copyFileSync(MODEL, path.join(model, 'model.onnx'));
  const signature = await readSignature(MODEL);
  const row = (i: number) => `r${i},c${i},0,B6,${100 + i},${i % 30}`;
  const canary = (i: number) => `r${i},${SUBJECT},1,${NAME},${NUMBER},20`;
  const reference = path.join(folder, 'reference.csv');
  writeFileSync(
    reference,
    `${[HEAD, ...Array.from({ length: 200 }, (_, i) => (i % 9 ? row(i) : canary(i)))].join('\n')}\n`,
  );
  // The baseline is older than the marks: it was made when nobody thought of them.
  const baseline = await buildBaseline({
    dataFile: reference,
    open: async () => loadModel(MODEL, { digest: await digestOfFile(MODEL) }),
    manifest: manifest('no'),
    signature,
    now: new Date(),
  });
  writeFileSync(path.join(model, 'baseline.json'), JSON.stringify(baseline));
  writeFileSync(path.join(model, 'model.json'), JSON.stringify(manifest(personal)));
  const registry = new Registry(home, 'test');
  await registry.register(model, signature);
  await registry.apply('canary', { type: 'approve', version: 1, reason: 'test' });
  await registry.apply('canary', { type: 'release', version: 1, reason: 'test' });

  const stream = new DeliveryStream(home, (line) => lines.push(line));
  const endpoint = await Endpoint.open({
    home,
    models: 'all',
    cacheFolder: path.join(folder, 'home/cache'),
    emit: (line) => {
      lines.push(line);
      stream.write(line);
    },
  });
  const v1 = (instances: object[], headers: Record<string, string> = {}) =>
    endpoint.handle(request('POST', '/v1/models/canary:predict', { instances }, headers));
  const person = { carrier: NAME, distance: Number(NUMBER), temperature: 20 };
  const about = { 'x-trimtab-subject': SUBJECT };
  expect((await v1([person], { ...about, 'x-request-id': 'one' })).status).toBe(200);
  // A batch is packed, and every value of it is the canary's.
  expect(
    (
      await v1(
        Array.from({ length: 40 }, () => person),
        { ...about, 'x-request-id': 'many' },
      )
    ).status,
  ).toBe(200);
  expect(
    (await v1([{ ...person, carrier: `${NAME}${'x'.repeat(40)}`, distance: Number(NUMBER) + 1e6 }], about)).status,
  ).toBe(400);
  expect((await v1([{ ...person, [NAME]: 1 }], about)).status).toBe(400);
  const truth = [
    { id: 'one', truth: TRUTH },
    { id: 'many#3', truth: 1 },
    { id: 'nobody', truth: TRUTH },
  ];
  await endpoint.handle(request('POST', '/trimtab/v1/models/canary/truth', { records: truth }));
  await home.data.put('ground-truth/incoming/canary/by-hand.jsonl', `{"id": "x", ${TRUTH}\n`);
  await stream.flush();
  await joinGroundTruth(home, new Date());
  // Three hours later what waited for its prediction is given up.
  await joinGroundTruth(home, new Date(Date.now() + 3 * 3_600_000));
  await runDriftDetection(home, { model: 'canary', now: new Date(Date.now() + 1_000) });

  const good = Array.from({ length: 60 }, (_, i) => (i % 6 ? row(i) : canary(i)));
  const bad = [
    `r90,${SUBJECT},1,${NAME},${NUMBER},99`, // the temperature breaks its rule
    `r91,${SUBJECT},1,${NAME},-${NUMBER},20`, // the distance does
    `r92,${SUBJECT},1,${NAME},20`, // a field is missing
    `r93,${SUBJECT},1,"${NAME},${NUMBER},20`, // a quote is open
    `r94,c94,1,B6,7,${NAME}`, // a value has slipped into another column
    `r95,c95,1,B6,${NUMBER}x,20`,
  ];
  const drops: Record<string, string | Buffer> = {
    'good.csv': `${[HEAD, ...good, ...bad].join('\n')}\n`,
    'good.csv.gz': gzipSync(`${[HEAD, ...good].join('\n')}\n`),
    'headless.csv': `${good.join('\n')}\n`,
    'poor.csv': `${[HEAD, row(1), ...Array.from({ length: 30 }, () => bad[0])].join('\n')}\n`,
    'lines.jsonl': `${[
      { row: 'r1', customer: SUBJECT, sick: 1, carrier: NAME, distance: Number(NUMBER), temperature: 20 },
      { row: 'r2', customer: SUBJECT, sick: 1, carrier: NAME, distance: Number(NUMBER), temperature: 99 },
      { row: 'r3', [NAME]: { nested: SUBJECT } },
    ]
      .map((each) => JSON.stringify(each))
      .join('\n')}\n{"row": "${SUBJECT}\n`,
    'broken.parquet': `PAR1${SUBJECT}${NAME}`,
  };
  for (const [name, body] of Object.entries(drops)) await home.data.put(`incoming/canary/${name}`, body);
  await withDuck(undefined, (duck) =>
    duck.run(
      `COPY (SELECT 'r' AS row, '${SUBJECT}' AS customer, '1' AS sick, '${NAME}' AS carrier, ${NUMBER}::DOUBLE AS distance, 20::DOUBLE AS temperature) TO ${literal(path.join(home.folder, 'data/incoming/canary/table.parquet'))}`,
    ),
  );
  for (const name of [...Object.keys(drops), 'table.parquet'])
    try {
      lines.push(JSON.stringify(await validateDrop(home, { key: `incoming/canary/${name}` })));
    } catch (error) {
      lines.push(String((error as Error).stack));
    }
  await endpoint.close();
  await home.close();
  return lines;
}

/** The drops themselves, and truths on their way, are what people put there. */
const PUT_BY_PEOPLE = /^data\/(incoming|ground-truth\/(incoming|waiting))\//;

describe('a canary that flies through everything', () => {
  const folder = temporaryFolder('canary');
  const lines = {} as Record<PersonalTreatment, string[]>;
  beforeAll(async () => {
    for (const personal of ['no', 'omit', 'hash', 'encrypt'] as const)
      lines[personal] = await journey(path.join(folder, personal), personal);
  }, 300_000);

  it('is found where nothing is marked, so that it would be found', async () => {
    const found = [...(await findMarkers(path.join(folder, 'no/home'), MARKERS)).keys()];
    for (const place of [
      /^captures\//,
      /^artifacts\/baselines\//,
      /^data\/datasets\/canary\/dataset_version=\d+\/data\.parquet$/,
      /^data\/datasets\/canary\/dataset_version=\d+\/_profile\.json$/,
      /^data\/quarantine\/canary\/[^/]+\/rows\.jsonl$/,
      /^data\/quarantine\/canary\/[^/]+\/source\./,
      /^data\/quarantine\/ground-truth\//,
      /^data\/reports\/validation\/.*\.html$/,
      /^data\/reports\/validation\/.*\.json$/,
      /^data\/reports\/drift\/.*\.(html|json)$/,
    ])
      expect(
        found.filter((file) => place.test(file)),
        String(place),
      ).not.toEqual([]);
    expect(mentions(lines.no.join('\n'), NAME)).toBe(true);
  });

  it.each(['omit', 'hash', 'encrypt'] as const)('is found nowhere when its fields are marked %s', async (personal) => {
    const found = await findMarkers(path.join(folder, personal, 'home'), MARKERS);
    for (const file of found.keys()) if (PUT_BY_PEOPLE.test(file)) found.delete(file);
    expect(Object.fromEntries(found)).toEqual({});
    for (const marker of MARKERS) expect(lines[personal].filter((line) => mentions(line, marker))).toEqual([]);
  });

  it('still did its work: rows were accepted and quarantined, truth was joined, reports were written', async () => {
    for (const personal of ['omit', 'hash', 'encrypt'] as const) {
      const reports = lines[personal].flatMap((line) => (line.startsWith('{"dataset"') ? [JSON.parse(line)] : []));
      expect(reports.map(({ source, verdict }) => [source.key.split('/').at(-1), verdict])).toEqual([
        ['good.csv', 'accepted'],
        ['good.csv.gz', 'accepted'],
        ['headless.csv', 'rejected'],
        ['poor.csv', 'rejected'],
        ['lines.jsonl', 'accepted'],
        ['broken.parquet', 'rejected'],
        ['table.parquet', 'accepted'],
      ]);
      expect(reports[0].rows).toEqual({ records: 66, accepted: 60, quarantined: 6 });
      expect(reports[0].personal).toEqual({
        carrier: personal,
        distance: personal,
        customer: personal === 'omit' ? 'hash' : personal,
        sick: personal,
      });
    }
  });
});
