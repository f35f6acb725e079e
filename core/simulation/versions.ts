import type { VersionBehaviour } from './behaviour.ts';
import { outcomeProbabilities, wrongOf } from './outcomes.ts';
import type { Scenario } from './scenario.ts';

/** What a version decides is one thing: a version that says something of it inherits nothing of the rest. */
const DECISIONS = ['errors', 'recall', 'specificity', 'swaps', 'scale', 'bias', 'noise'] as const;

/** Versions with what they left unsaid, which is as in the first; number 1 is the first. */
export function resolvedVersions({ versions }: Pick<Scenario, 'versions'>): VersionBehaviour[] {
  const [first] = versions;
  return versions.map((own) => {
    const decides = DECISIONS.some((field) => own[field] !== undefined);
    const inherited: VersionBehaviour = { ...first! };
    if (decides) for (const field of DECISIONS) delete inherited[field];
    // What is about the first version beside itself, or a fault of its own, is no other’s.
    for (const field of ['referenceErrors', 'answers', 'failsAgain'] as const) delete inherited[field];
    return { ...inherited, ...own, latency: { ...first!.latency, ...own.latency } };
  });
}

/** Share of wrong decisions that a version was registered with. */
export function referenceErrors(scenario: Scenario, version: VersionBehaviour): number {
  if (version.referenceErrors !== undefined) return version.referenceErrors;
  // Before anything changed, in the world or in the version.
  const before = { ...scenario, everywhere: { ...scenario.everywhere, errors: 0 } };
  const { answers: _, ...then } = version;
  return wrongOf(outcomeProbabilities(before, then, {}, Number.NEGATIVE_INFINITY));
}

/** Name of the version that is bad; undefined where none is. */
export function suspectOf({ suspect, versions }: Scenario): string | undefined {
  if (suspect === 'none') return undefined;
  return suspect ?? versions.at(-1)!.name;
}
