import * as z from 'zod';
import { MetricFinding } from '../../core/judge/comparison.ts';
import type { JudgeRules } from '../../core/judge/rules.ts';
import { nameOf } from '../../core/judge/sentences.ts';
import { formerOf } from '../../core/registry/former.ts';
import type { Entry, ReleaseState } from '../../core/registry/ledger.ts';
import type { Home } from '../../platform/ports.ts';

/** What a version that was taken back before brings into a new release. */
export interface FormerTrial {
  /** Those of its first release: what it is judged by does not change by releasing it again. */
  readonly rules: JudgeRules | undefined;
  /** That its evidence goes on, and what that is. */
  readonly sentence: string;
}

/** So many rates are named, at most. */
const MAX_NAMED = 3;

/** @returns undefined of a version that was never taken back */
export async function formerTrial(
  { ledger }: Pick<Home, 'ledger'>,
  model: string,
  version: number,
  state: ReleaseState,
): Promise<FormerTrial | undefined> {
  const former = formerOf(state, version);
  const [first, last] = [former[0], former.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const read = async (number: number): Promise<Entry | undefined> => {
    for await (const entry of ledger.entries(model, { from: number, to: number })) return entry;
    return undefined;
  };
  const [started, ended] = await Promise.all([read(first.from), read(last.to)]);
  const own = started?.state.challengers.find((each) => each.version === version)?.judged ?? started?.state.judged;
  const found = findingsOf(ended, version);
  const evidence = found.length === 0 ? '' : `: ${found.join(', ')}`;
  return {
    rules: own?.rules,
    sentence: `version ${version} was taken back on ${ended?.at.slice(0, 10)} (entry ${last.to}), and its evidence goes on${evidence}`,
  };
}

const JudgedEvidence = z.looseObject({
  version: z.number(),
  findings: z.array(
    z.looseObject(
      MetricFinding.pick({ metric: true, segment: true, className: true, suspect: true, finding: true }).shape,
    ),
  ),
});

/** Rates that the version was taken back for, where the judge did that. */
function findingsOf(ended: Entry | undefined, version: number): string[] {
  const parsed = JudgedEvidence.safeParse(ended?.evidence);
  if (!parsed.success || parsed.data.version !== version) return [];
  return parsed.data.findings
    .filter(({ finding }) => finding === 'worse')
    .slice(0, MAX_NAMED)
    .map((each) => `${nameOf(each)} ${Math.round(each.suspect.bad)} of ${Math.round(each.suspect.n)}`);
}
