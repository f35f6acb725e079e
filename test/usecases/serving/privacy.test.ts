import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RedactedError } from '../../../core/contract/redacted-error.ts';
import { privacyKeys } from '../../../platform/privacy.ts';
import { PIPELINE, ROW, read, request, ServingFixture } from '../../fixtures/serving-fixture.ts';

const keys = privacyKeys('a secret of more than thirty-two characters');
const [carrier, distance, temperature] = PIPELINE.contract.features;
/** The pipeline, its features personal in every way there is. */
const PERSONAL = {
  ...PIPELINE,
  contract: {
    features: [
      { ...carrier, personal: 'hash' },
      { ...distance, personal: 'encrypt' },
      { ...temperature, personal: 'omit' },
    ],
    data: { extra: ['customer'], personal: { customer: 'encrypt' }, subject: 'customer' },
  },
};
const PATH = '/v1/models/pipeline:predict';

describe('an endpoint with personal features', () => {
  let fixture: ServingFixture;
  beforeEach(async () => {
    fixture = await ServingFixture.open();
  });
  afterEach(() => fixture.close());

  it('captures them as the contract says, and the subject as a pseudonym', async () => {
    await fixture.release(PERSONAL, 'pipeline');
    const endpoint = await fixture.endpoint({ home: { ...fixture.home, privacy: async () => keys } });
    const answer = await endpoint.handle(
      request('POST', PATH, { instances: [{ ...ROW, temperature: 21 }] }, { 'x-trimtab-subject': 'customer-4711' }),
    );
    expect(answer.status).toBe(200);
    const [capture] = fixture.captures();
    expect(capture).toMatchObject({
      subject: keys.pseudonym('customer', 'customer-4711'),
      features: { carrier: [keys.pseudonym('carrier', 'B6')] },
    });
    expect(Object.keys(capture!.features)).toEqual(['carrier', 'distance']);
    expect(keys.open({ owner: 'pipeline', field: 'distance' }, String(capture!.features.distance![0]))).toBe('1500');
    expect(fixture.lines.join('\n')).not.toMatch(/customer-4711|1500/);
    expect(fixture.metric('PrivacyFailure')).toMatchObject([{ PrivacyFailure: 0 }]);
  });

  it('never asks for the secret when nothing is to be hashed or encrypted', async () => {
    let asked = 0;
    const privacy = async () => {
      asked++;
      return keys;
    };
    await fixture.release(
      { ...PIPELINE, contract: { features: [{ ...carrier, personal: 'omit' }, distance, temperature] } } as never,
      'pipeline',
    );
    const endpoint = await fixture.endpoint({ home: { ...fixture.home, privacy } });
    await endpoint.handle(request('POST', PATH, { instances: [ROW] }));
    expect(asked).toBe(0);
    expect(Object.keys(fixture.captures()[0]!.features)).toEqual(['distance', 'temperature']);
  });

  it('keeps serving when the secret cannot be had: drops the fields, says so, and takes it when it comes', async () => {
    await fixture.release(PERSONAL, 'pipeline');
    let up = false;
    const privacy = async () => {
      if (!up) throw new Error('secrets are down');
      return keys;
    };
    const endpoint = await fixture.endpoint({ home: { ...fixture.home, privacy }, retrySeconds: 0 });
    expect((await endpoint.handle(request('POST', PATH, { instances: [ROW] }))).status).toBe(200);
    expect(fixture.captures()[0]).toMatchObject({ features: {} });
    expect(fixture.captures()[0]).not.toHaveProperty('subject');
    expect(fixture.metric('PrivacyFailure').at(-1)).toMatchObject({ PrivacyFailure: 1, Model: 'pipeline' });
    expect(fixture.lines.join('\n')).toContain('what captures of pipeline hide is left out of them');
    up = true;
    await endpoint.refresh();
    await endpoint.handle(request('POST', PATH, { instances: [ROW] }));
    expect(Object.keys(fixture.captures().at(-1)!.features)).toEqual(['carrier', 'distance']);
    expect(fixture.metric('PrivacyFailure').at(-1)).toMatchObject({ PrivacyFailure: 0 });
  });

  it('does not wait for a secret that hangs', async () => {
    await fixture.release(PERSONAL, 'pipeline');
    const privacy = () => new Promise<never>(() => undefined);
    const began = performance.now();
    const endpoint = await fixture.endpoint({ home: { ...fixture.home, privacy } });
    expect((await endpoint.handle(request('POST', PATH, { instances: [ROW] }))).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(6_000);
  });

  it('tells a caller what rule was broken, and not the value; the log hears of neither', async () => {
    await fixture.release(PERSONAL, 'pipeline');
    const endpoint = await fixture.endpoint({ home: { ...fixture.home, privacy: async () => keys } });
    const answer = await endpoint.handle(
      request('POST', PATH, { instances: [{ ...ROW, carrier: 'Ada Lovelace', distance: 77_777 }] }),
    );
    const { status, body } = read(answer);
    expect(status).toBe(400);
    expect(body.error).toContain('carrier in row 0 is not allowed, expected one of AA, B6, UA');
    expect(`${body.error}${fixture.lines.join('\n')}`).not.toMatch(/Ada|77777/);
  });
});

describe('WithheldError', () => {
  it('keeps where it happened, and nothing of what was said, on however many lines', () => {
    const withheld = new RedactedError(new TypeError('cannot cast Ada\n    at Lovelace'));
    expect(withheld.message).toContain('TypeError; its message is withheld');
    expect(withheld.stack).toMatch(/privacy\.test\.ts/);
    expect(`${withheld.message}${withheld.stack}`).not.toMatch(/Ada|Lovelace/);
    expect(new RedactedError('Ada').stack).not.toContain('Ada');
  });
});
