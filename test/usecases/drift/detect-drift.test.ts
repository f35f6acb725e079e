import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Capture } from '../../../core/captures/capture.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';
import { readFlights } from '../../../demo/flights.ts';
import { type LocalHome, openLocalHome } from '../../../platform/local/home.ts';
import { readSignature } from '../../../platform/onnx/model.ts';
import { NoBaselineError, runDriftDetection } from '../../../usecases/drift/detect-drift.ts';
import { Registry } from '../../../usecases/registry/registry.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const MODEL = 'models/flight-delay';
const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));

describe('detectDrift', () => {
  let folder: string;
  let home: LocalHome;

  beforeAll(async () => {
    folder = temporaryFolder('drift');
    home = await openLocalHome(folder, { now: () => at(12) });
    const registry = new Registry(home, 'test');
    const { version } = await registry.register(`${MODEL}/v1`, await readSignature(`${MODEL}/v1/model.onnx`));
    await registry.apply('flight-delay', { type: 'approve', version: 1, reason: 'r' });
    await expect(runDriftDetection(home, { model: 'flight-delay', now: at(12) })).rejects.toBeInstanceOf(
      NoBaselineError,
    );
    await registry.apply('flight-delay', { type: 'release', version: 1, reason: 'r' });
    await capture(version.manifest, 'spring', 1);
    await capture(version.manifest, 'summer', 3);
  });

  /** Captures of real flights as the log subscription delivers them: gzipped envelopes of the log service. */
  async function capture(manifest: Manifest, name: string, hour: number): Promise<void> {
    const { features } = Manifest.parse(manifest).contract;
    const flights = await readFlights(`${MODEL}/data/traffic-${name}.csv`, features);
    const line: Capture = {
      trimtab: 'capture',
      id: name,
      model: 'flight-delay',
      version: 1,
      variant: 'champion',
      at: at(hour).toISOString(),
      rows: flights.length,
      features: Object.fromEntries(features.map((f) => [f.name, flights.map((flight) => flight.features[f.name]!)])),
      // The baseline's own scores are not at hand: a constant is no drift of inputs, and is not asked about here.
      scores: flights.map(() => null),
      ms: 1,
    };
    const envelope = {
      messageType: 'DATA_MESSAGE',
      logEvents: [{ id: '1', timestamp: 1, message: `${JSON.stringify(line)}\n` }],
    };
    await home.captures.put(
      `captures/dt=2026-01-01/hour=0${hour}/x.gz`,
      Buffer.concat([gzipSync(JSON.stringify(envelope)), gzipSync('{"messageType":"CONTROL_MESSAGE","logEvents":[]}')]),
    );
  }
  const look = (hour: number) =>
    runDriftDetection(home, { model: 'flight-delay', now: at(hour + 1), window: { from: at(hour), to: at(hour + 1) } });

  it('is quiet on held-out days of the training season', async () => {
    const report = await look(1);
    expect(report).toMatchObject({ verdict: 'no_drift', rows: 10_000, version: 1 });
  });

  it('finds the summer, the temperature above all features, and says so again of the same window', async () => {
    const report = await look(3);
    expect(report.verdict).toBe('drift');
    expect(report.columns.filter((c) => c.status === 'drift').map((c) => c.column)).toContain('temp');
    expect(report.columns.find((c) => c.column === 'temp')!.effect).toBeGreaterThan(0.6);
    expect({ ...(await look(3)), persistence: report.persistence }).toEqual(report);
    const page = new TextDecoder().decode(await home.data.get(report.report));
    expect(page).toContain('temp');
  });

  it('cannot tell from an empty window', async () => {
    expect((await look(6)).verdict).toBe('insufficient_data');
  });
});
