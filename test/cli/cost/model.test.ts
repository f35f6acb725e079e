import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { costedModel } from '../../../cli/cost/model.ts';
import { Manifest } from '../../../core/manifest/manifest.ts';

const manifest = Manifest.parse(JSON.parse(readFileSync('models/flight-delay/v1/model.json', 'utf8')));

describe('costedModel', () => {
  it('counts alarms by their resolution, for the shorter ones cost three times as much', () => {
    const fine = { ...manifest, monitoring: { ...manifest.monitoring, periodSeconds: 10 } };
    expect(costedModel(fine, 'dev')).toMatchObject({
      alarms: 6,
      alarmsHighResolution: 6,
      judgedAlarms: 7,
      captureShare: 1,
    });
    expect(costedModel(manifest, 'dev')).toMatchObject({ alarms: 12, alarmsHighResolution: 0 });
  });

  it('measures the lines that are really written: personal features are not in them', () => {
    const all = costedModel(manifest, 'dev');
    const features = manifest.contract.features.map((feature) => ({ ...feature, personal: 'omit' as const }));
    const none = costedModel({ ...manifest, contract: { ...manifest.contract, features } }, 'dev');
    expect(none.captureRowBytes).toBeLessThan(all.captureRowBytes / 4);
    expect(all.captureBytes).toBeGreaterThan(100);
    expect(all.metricBytes).toBeGreaterThan(300);
  });
});
