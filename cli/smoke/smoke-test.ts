import { randomUUID } from 'node:crypto';
import { datatypeOf } from '../../core/protocols/v2/datatypes.ts';
import type { ModelVersion } from '../../core/registry/version.ts';
import { exampleOf } from '../../core/schema-inference/example.ts';
import type { Home } from '../../platform/ports.ts';
import { ServedRelease } from '../../platform/served-release.ts';
import { baselineOf } from '../../usecases/registry/load-baseline.ts';
import type { EndpointClient } from '../endpoint/client.ts';
import { trafficText } from '../output/traffic.ts';
import type { SmokeCheck, SmokeView } from './smoke-view.ts';

export interface SmokeOptions {
  /** The models to ask for; all that have a release by default. */
  readonly models?: readonly string[];
  /** Longest that the median warm answer may take from here, milliseconds. */
  readonly maxMs: number;
  /** How long the endpoint may take to become ready and to follow the ledger, milliseconds. */
  readonly waitMs: number;
}

/** Warm calls whose median is held against the limit. */
const CALLS = 5;

/**
 * Asks a running endpoint what a caller would: health, metadata, a real prediction of every version that has traffic,
 * made from the version's own contract and baseline, and holds its answers against the ledger. Never throws for what
 * it finds: that is in the checks.
 */
export async function smoke(endpoint: EndpointClient, home: Home, options: SmokeOptions): Promise<SmokeView> {
  const checks: SmokeCheck[] = [];
  /** Runs one check; what it throws is its detail. Gives undefined when it failed. */
  const check = async (what: string, look: () => Promise<string>): Promise<boolean> => {
    try {
      checks.push({ what, ok: true, detail: await look() });
      return true;
    } catch (error) {
      checks.push({ what, ok: false, detail: error instanceof Error ? error.message : String(error) });
      return false;
    }
  };
  const healthy = await check('health', async () => {
    await endpoint.ask('/v2/health/live');
    // A version that was released a moment ago is being loaded.
    const { milliseconds } = await patiently(options.waitMs, () => endpoint.ask('/v2/health/ready'));
    return `live and ready, ${round(milliseconds)} ms`;
  });
  const view = { url: endpoint.url, checks };
  if (!healthy) return view;

  const names = options.models ?? (await home.ledger.models());
  let released = 0;
  for (const name of names) {
    const state = (await home.ledger.latest(name))?.state;
    const champion = state?.champion ?? null;
    if (state === undefined || champion === null) {
      if (options.models)
        checks.push({ what: `${name} release`, ok: false, detail: 'the ledger knows no release of it' });
      continue;
    }
    released++;
    const following = await check(`${name} release`, () =>
      patiently(options.waitMs, () => follows(endpoint, home, name)),
    );
    if (!following) continue;
    for (const number of [champion, ...state.challengers.map(({ version }) => version)]) {
      const version = await home.ledger.version(name, number);
      if (version) await check(`${name} version ${number}`, () => predict(endpoint, home, version, options.maxMs));
      else checks.push({ what: `${name} version ${number}`, ok: false, detail: 'the ledger has no such version' });
    }
  }
  if (released === 0 && options.models === undefined)
    checks.push({ what: 'models', ok: true, detail: 'nothing is released yet' });
  return view;
}

/** Whether the endpoint serves what the ledger says now. */
async function follows(endpoint: EndpointClient, home: Home, model: string): Promise<string> {
  const { state } = (await home.ledger.latest(model))!;
  const wanted = trafficText(state);
  const served = await endpoint
    .ask(`/trimtab/v1/models/${model}/release`)
    .then(({ body }) => trafficText(ServedRelease.parse(body)))
    .catch((error: Error) => error.message);
  if (served !== wanted) throw new Error(`the ledger says ${wanted}, the endpoint: ${served}`);
  return `revision ${state.revision}: ${served}`;
}

/** Looks again until it succeeds or the time is over; then what it failed with is thrown. */
async function patiently<T>(waitMs: number, look: () => Promise<T>): Promise<T> {
  const until = Date.now() + waitMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() >= until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** Predictions of one version, explicitly: the first may be cold, the rest are held against the limit. */
async function predict(endpoint: EndpointClient, home: Home, version: ModelVersion, maxMs: number): Promise<string> {
  const path = `/v2/models/${version.model}/versions/${version.version}`;
  const { inputs } = (await endpoint.ask(path)).body as { inputs: { name: string }[] };
  const expected = version.signature.inputs.map(({ name }) => name).join(', ');
  const described = inputs.map(({ name }) => name).join(', ');
  if (described !== expected) throw new Error(`it describes inputs ${described}, the registry has ${expected}`);

  const baseline = await baselineOf(home, version);
  const example = exampleOf(version.manifest.contract, version.signature, baseline?.profile);
  const message = {
    inputs: version.signature.inputs.map(({ name, type }) => ({
      name,
      datatype: datatypeOf(type),
      ...example.get(name)!,
    })),
  };
  const times: number[] = [];
  let shown = '';
  for (let call = 0; call <= CALLS; call++) {
    // An id of its own kind, so that these predictions can be told from callers' in captures.
    const answer = await endpoint.ask(`${path}/infer`, message, { 'x-request-id': `smoke-${randomUUID()}` });
    const { model_version, outputs } = answer.body as {
      model_version: string;
      outputs: { name: string; data: unknown[] }[];
    };
    if (model_version !== String(version.version)) throw new Error(`version ${model_version} answered`);
    for (const { name, data } of outputs)
      if (data.length === 0 || data.some((value) => value === null || value === undefined))
        throw new Error(`output ${name} is ${JSON.stringify(data).slice(0, 60)}`);
    shown = outputs.map(({ name, data }) => `${name} ${data.map(short).join(' ')}`).join(', ');
    times.push(answer.milliseconds);
  }
  const [first = 0, ...warm] = times;
  const median = warm.sort((a, b) => a - b)[Math.floor(CALLS / 2)]!;
  if (median > maxMs) throw new Error(`answers take ${round(median)} ms, at most ${maxMs} ms are allowed`);
  return `${shown.slice(0, 60)}; first ${round(first)} ms, then ${round(median)} ms`;
}

const round = (ms: number): string => ms.toFixed(ms < 10 ? 1 : 0);
const short = (value: unknown): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value);
