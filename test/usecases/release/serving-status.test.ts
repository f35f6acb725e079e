import { beforeEach, describe, expect, it } from 'vitest';
import { formatStatus } from '../../../cli/output/status.ts';
import type { EndpointProbe, ProbeReport } from '../../../platform/ports.ts';
import { describeStatus } from '../../../usecases/release/describe-status.ts';
import { ReleaseFixture } from './release-fixture.ts';

const probeOf = (report: Omit<ProbeReport, 'challengers'>): EndpointProbe => ({
  report: async () => ({ challengers: [], ...report }),
});

describe('whether the champion is served, in the status', () => {
  let fixture: ReleaseFixture;
  beforeEach(async () => {
    fixture = await ReleaseFixture.open({ steps: [1], stepSeconds: 300 });
    fixture.seconds = 60;
  });
  const status = async (probe?: EndpointProbe) => {
    const view = await describeStatus(fixture.home, fixture.registry, 'm', probe);
    return { serving: view.models[0]!.serving, text: formatStatus(view).replace(/\s+/g, ' ') };
  };

  it('is not seen while no endpoint has told that it has it, whatever the ledger says', async () => {
    const { serving, text } = await status();
    expect(serving).toEqual({ state: 'unseen', answering: null, reason: null });
    expect(text).toContain('not seen to serve');
  });

  it('is told by metrics: that it is loaded, that it is not, and that some have it', async () => {
    fixture.write(1, 'champion', { LoadFailure: 1 });
    fixture.seconds += 30;
    const failing = await status();
    expect(failing.serving).toMatchObject({ state: 'failing' });
    expect(failing.text).toContain('NOT LOADED');
    fixture.write(1, 'champion', { LoadFailure: 0 });
    fixture.write(1, 'champion', { LoadFailure: 1 });
    fixture.seconds += 30;
    expect((await status()).serving).toMatchObject({ state: 'partly' });
    fixture.seconds += 120;
    fixture.write(1, 'champion', { LoadFailure: 0 });
    fixture.seconds += 30;
    const { serving, text } = await status();
    expect(serving).toEqual({ state: 'serving', answering: 1, reason: null });
    expect(text).not.toMatch(/NOT LOADED|not seen/);
  });

  it('is seen by its answers, also long after, and begins anew with another champion', async () => {
    fixture.serve(1, 'champion', 3);
    fixture.seconds += 40 * 86_400;
    expect((await status()).serving).toMatchObject({ state: 'serving' });
    await fixture.apply({ type: 'release', version: 2, reason: 'r' });
    fixture.seconds += 60;
    expect((await status()).serving).toMatchObject({ state: 'unseen' });
  });

  it('is told by the endpoint itself where it can be asked, with why', async () => {
    const reason = 'its graph cannot be opened';
    const notLoaded = [{ version: 1, variant: 'champion' as const, reason }];
    const nobody = await status(probeOf({ revision: 9, champion: null, notLoaded }));
    expect(nobody.serving).toEqual({ state: 'failing', answering: null, reason });
    expect(nobody.text).toContain(`NOT LOADED: ${reason}; nobody answers`);
    const { text } = await status(probeOf({ revision: 9, champion: 3, notLoaded }));
    expect(text).toContain('version 3 goes on answering in its place');
    expect((await status(probeOf({ revision: 9, champion: 1 }))).serving).toMatchObject({ state: 'serving' });
    const pause = { reason: 'a run of it has not ended in time', failures: 2, retryInSeconds: 15 };
    const paused = [{ version: 1, variant: 'champion' as const, ...pause }];
    const pausing = await status(probeOf({ revision: 9, champion: 1, paused }));
    expect(pausing.serving).toMatchObject({ state: 'paused', answering: null });
    expect(pausing.text).toContain(`PAUSES: ${pause.reason} (2 in a row); the next is let through in 15 s`);
    const silent: EndpointProbe = { report: () => Promise.reject(new Error('refused')) };
    expect((await status(silent)).serving).toMatchObject({ state: 'unseen' });
  });
});
