import type { EndpointProbe, ServingReport } from '../../../platform/ports.ts';
import { pauseText } from '../../../usecases/release/serving-status.ts';
import { type DoctorCheck, errorReason, fail, ok, skipped } from '../check.ts';
import type { HomeContext } from '../context.ts';
import type { Finding } from '../doctor-view.ts';

/** How long the endpoint may take to follow the ledger: it looks every few seconds. */
const FOLLOWS_MS = 5_000;
const ROUND_MS = 500;

/** The endpoint answers, and serves what the ledger says. */
export const endpoint: DoctorCheck<HomeContext> = {
  name: 'endpoint',
  async look({ models, probe, registry }) {
    if ('absent' in probe) return [skipped('endpoint', probe.absent, probe.remedy)];
    const findings: Finding[] = [];
    for (const model of models) {
      const state = await registry.state(model);
      if (state.champion !== null) findings.push(await follows(probe, model, state.revision, state.champion));
    }
    return findings;
  },
};

async function follows(probe: EndpointProbe, model: string, revision: number, champion: number): Promise<Finding> {
  const name = `endpoint serves ${model}`;
  const expected = `version ${champion} as champion, revision ${revision}`;
  for (const end = Date.now() + FOLLOWS_MS; ; ) {
    try {
      const seen = await probe.report(model);
      const pause = seen.paused?.find(({ version }) => version === champion);
      if (pause !== undefined && seen.champion === champion)
        return fail(name, `${servedText(seen)}, which pauses: ${pauseText(pause)}`, {
          expected,
          remedy: `see what its callers send it; \`trimtab rollback ${model}\`, or register it with a graph that ends; docs/serve.md says what a run may take`,
        });
      if (seen.revision >= revision && seen.champion === champion) return ok(name, servedText(seen));
      const failure = seen.notLoaded?.find(({ version }) => version === champion);
      if (failure !== undefined && seen.revision >= revision)
        return fail(name, `${servedText(seen)}: version ${champion} is not loaded, for ${failure.reason}`, {
          expected,
          remedy: `the endpoint’s log says more; \`trimtab rollback ${model}\`, or release another version; runbook: load-failure.md`,
        });
      if (Date.now() > end)
        return fail(name, servedText(seen), {
          expected,
          remedy:
            'runbook: stale-release.md when it cannot read the ledger, load-failure.md when it cannot load the version',
        });
    } catch (error) {
      return fail(name, errorReason(error), {
        expected,
        remedy: 'does it run? Look at its log; runbook: gateway-errors.md',
      });
    }
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
  }
}

const servedText = ({ champion, revision }: ServingReport): string =>
  champion === null
    ? `no version answers, revision ${revision}`
    : `version ${champion} as champion, revision ${revision}`;
