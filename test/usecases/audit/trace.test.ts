import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatTrace } from '../../../cli/output/trace.ts';
import type { Capture } from '../../../core/captures/capture.ts';
import { hourFolder } from '../../../core/model/hour-folder.ts';
import { trace as traceAnything, UntracedError } from '../../../usecases/audit/trace.ts';
import { servicePeriods } from '../../../usecases/audit/trace-version.ts';
import { TraceView } from '../../../usecases/audit/trace-view.ts';
import { joinGroundTruth } from '../../../usecases/ground-truth/join-ground-truth.ts';
import { validateDrop } from '../../../usecases/validation/validate-drop.ts';
import { PIPELINE, ROW, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

const MANIFEST = {
  ...PIPELINE,
  contract: {
    ...PIPELINE.contract,
    features: PIPELINE.contract.features.map((f, i) => (i === 1 ? { ...f, personal: 'encrypt' } : f)),
    file: { maxQuarantinedShare: 1 },
  },
};

/** As JSON prints it, held against the view's schema. */
const trace: typeof traceAnything = async (...asked) =>
  TraceView.parse(JSON.parse(JSON.stringify(await traceAnything(...asked))));

describe('trace', () => {
  let fixture: ServingFixture;
  let drop: string;
  beforeAll(async () => {
    fixture = await ServingFixture.open();
    const { real: home } = fixture;
    await fixture.release(MANIFEST, 'pipeline');
    await home.data.put('incoming/pipeline/one.csv', 'carrier,distance,temperature\nAA,1,1\nAA,2,1\nXX,3,1\n');
    drop = (await validateDrop(home, { key: 'incoming/pipeline/one.csv' })).drop;
    const trained = { ...MANIFEST, lineage: { dataset: 'pipeline/000001', commit: 'abc' } };
    await fixture.register(trained, 'pipeline', 'two');
    await fixture.apply('pipeline', { type: 'start-shadow', version: 2, reason: 'look at it' });
    const endpoint = await fixture.endpoint();
    const ask = (id: string, rows: number) =>
      endpoint.handle(
        request('POST', '/v1/models/pipeline:predict', { instances: Array(rows).fill(ROW) }, { 'x-request-id': id }),
      );
    await ask('single', 1);
    const wrong = { instances: [{ ...ROW, distance: 'far' }] };
    await endpoint.handle(request('POST', '/v1/models/pipeline:predict', wrong, { 'x-request-id': 'refused' }));
    await ask('batch', 3);
    const captured = fixture.lines.filter((line) => line.startsWith('{"trimtab":"capture"'));
    const hour = hourFolder(new Date().toISOString());
    await home.captures.put(`captures/${hour}/some.jsonl`, `${captured.join('\n')}\n`);
    await home.data.put(
      'ground-truth/incoming/pipeline/some.jsonl',
      '{"id": "single", "truth": 1}\n{"id": "batch#2", "truth": 0}\n{"id": "unknown", "truth": 0}\n',
    );
    await joinGroundTruth(home, new Date());
    await fixture.apply('pipeline', { type: 'release', version: 2, reason: 'better' });
  });
  afterAll(() => fixture.close());

  it('tells of a prediction who answered, by which release, what it was made from, and what was true', async () => {
    const found = await trace(fixture.real, 'single');
    const digest = (await fixture.real.ledger.version('pipeline', 1))!.artifact.digest;
    expect(found).toMatchObject({
      of: 'prediction',
      model: 'pipeline',
      answers: [
        { version: 1, variant: 'champion', rows: [{ id: 'single', positive: expect.any(Boolean) }] },
        { version: 2, variant: 'shadow', rows: [{ id: 'single' }] },
      ],
      release: { kind: 'shadow-started', reason: 'look at it', champion: 1, part: { role: 'champion', weight: 1 } },
      version: { version: 1, digest, registeredBy: 'test' },
      history: [{ kind: 'registered' }, { kind: 'approved' }, { kind: 'released' }],
      truth: [{ id: 'single', state: 'joined', truth: 1, wrong: expect.any(Boolean) }],
    });
    const picture = formatTrace(found);
    expect(picture).toContain(`version 1: sha256 ${digest}`);
    expect(picture).toContain('mirrored to version 2');
    expect(picture).not.toContain('distance 1500');
  });

  it('tells of a drop by the key of its file, too', async () => {
    expect(await trace(fixture.real, 'incoming/pipeline/one.csv')).toMatchObject({ of: 'drop', drop });
    await expect(trace(fixture.real, 'incoming/pipeline/none.csv')).rejects.toThrow(UntracedError);
  });

  it('tells what of a request broke the contract', async () => {
    expect(await trace(fixture.real, 'refused')).toMatchObject({
      answers: [{ failed: 'caller', findings: [{ feature: 'distance', rule: 'type', count: 1 }] }],
    });
  });

  it('tells of one row of a batch, or of all of them', async () => {
    expect(await trace(fixture.real, 'batch#2')).toMatchObject({
      answers: [{ rows: [{ id: 'batch#2' }] }, { rows: [{ id: 'batch#2' }] }],
      truth: [{ id: 'batch#2', truth: 0 }],
    });
    const all = await trace(fixture.real, 'batch');
    expect(all.of === 'prediction' && all.answers[0]!.rows.map(({ id }) => id)).toEqual([
      'batch#0',
      'batch#1',
      'batch#2',
    ]);
    expect(await trace(fixture.real, 'single#0')).toMatchObject({
      answers: [{ rows: [{ id: 'single' }] }, { rows: [{ id: 'single' }] }],
      truth: [{ id: 'single', truth: 1 }],
    });
  });

  it('opens what is encrypted when it is asked to', async () => {
    const sealed = await trace(fixture.real, 'single');
    const open = await trace(fixture.real, 'single', { decrypt: true });
    const distance = (found: typeof open) => found.of === 'prediction' && found.answers[0]!.rows[0]!.features.distance;
    expect(distance(sealed)).toMatch(/^enc:v1:/);
    expect(distance(open)).toBe('1500');
  });

  it('opens nothing that a caller wrote to look like an envelope', async () => {
    const carrier = 'enc:v1:AAAA';
    const line = fixture.lines.find((each) => each.startsWith('{"trimtab":"capture"') && each.includes('"single"'))!;
    const { features, ...capture } = JSON.parse(line) as Capture;
    const hour = hourFolder(new Date().toISOString());
    const looks = { ...capture, id: 'looks', features: { ...features, carrier: [carrier] } };
    await fixture.real.captures.put(`captures/${hour}/looks.jsonl`, `${JSON.stringify(looks)}\n`);
    expect(await trace(fixture.real, 'looks', { decrypt: true })).toMatchObject({
      answers: [{ rows: [{ features: { carrier, distance: '1500' } }] }],
    });
  });

  it('tells of an entry what was before it, and what came of it', async () => {
    const found = await trace(fixture.real, 'pipeline#2');
    expect(found).toMatchObject({
      of: 'entry',
      entry: { kind: 'approved', version: 1 },
      before: { kind: 'registered' },
      after: [{ kind: 'released', version: 1 }],
    });
    expect(formatTrace(found)).toContain('#3 released');
    expect(formatTrace(await trace(fixture.real, 'pipeline#1'))).toContain('the first of all');
  });

  it('tells of a version what it was made from, and when it had traffic', async () => {
    const found = await trace(fixture.real, 'pipeline@2');
    expect(found).toMatchObject({
      of: 'version',
      version: { lineage: { dataset: 'pipeline/000001', commit: 'abc' } },
      service: [
        { role: 'shadow', weight: 0, to: expect.any(String) },
        { role: 'champion', weight: 1, to: null },
      ],
    });
    expect(formatTrace(found)).toContain('champion with 100 % of the traffic');
  });

  it('tells of a drop, by its id or its dataset version, what it was and which models were trained on it', async () => {
    for (const id of [drop, 'pipeline/000001', 'datasets/pipeline/dataset_version=000001']) {
      const found = await trace(fixture.real, id);
      expect(found).toMatchObject({
        of: 'drop',
        drop,
        report: { rows: { accepted: 2, quarantined: 1 }, source: { key: 'incoming/pipeline/one.csv' } },
        manifest: { version: 1, personal: { distance: 'encrypt' } },
        models: [{ model: 'pipeline', version: 2 }],
      });
      expect(formatTrace(found)).toContain('trained on it: pipeline 2');
    }
  });

  it('says where it has looked when nothing is known', async () => {
    for (const id of ['nobody', 'nobody#3', 'pipeline@9', 'pipeline#99', '0123456789abcdef0123', 'pipeline/000009'])
      await expect(trace(fixture.real, id, { days: 0.05 })).rejects.toThrow(UntracedError);
  });

  it('reads stretches of traffic off the ledger, each begun and ended by an entry', async () => {
    const entries = [];
    for await (const entry of fixture.real.ledger.entries('pipeline')) entries.push(entry);
    expect(servicePeriods(entries, 1)).toMatchObject([{ role: 'champion', weight: 1, entries: [3, entries.length] }]);
    expect(servicePeriods(entries, 3)).toEqual([]);
  });
});
