import type { EndpointProbe } from '../../../platform/ports.ts';
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
      if (seen.revision >= revision && seen.champion === champion)
        return ok(name, `version ${champion} as champion, revision ${seen.revision}`);
      if (Date.now() > end)
        return fail(name, `version ${seen.champion ?? 'none'} as champion, revision ${seen.revision}`, {
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
