import type * as z from 'zod';
import { allowed } from './allowed.ts';
import { finite } from './finite.ts';
import { max } from './max.ts';
import { maxLength } from './max-length.ts';
import { min } from './min.ts';
import { missing } from './missing.ts';
import { range } from './range.ts';
import type { BoundRule, Rule, RuledFeature } from './rule.ts';
import { type } from './type.ts';

/**
 * Every rule of a feature, by the name that violations give it. A value that breaks several is named by the first of
 * them here, in requests and in files alike: what it is comes before how large it is, what the contract says before what
 * the graph does.
 */
export const RULES = { missing, type, finite, min, max, maxLength, allowed, range };

export type RuleName = keyof typeof RULES;

const ENTRIES = Object.entries(RULES) as [RuleName, Rule][];

type Shapes = { readonly [Name in RuleName]: (typeof RULES)[Name]['shape'] }[RuleName];
/** All of a union at once. */
type Merged<Union> = (Union extends unknown ? (all: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** The keys of all rules in the schema of a feature. */
export const RULE_SHAPE = Object.assign({}, ...ENTRIES.map(([, rule]) => rule.shape)) as Merged<Shapes>;

/** What a feature says of rules. */
export type FeatureRules = RuledFeature & z.output<z.ZodObject<Merged<Shapes>>>;

/** A rule of one feature, with its name. */
export interface FeatureRule extends BoundRule {
  readonly name: RuleName;
  /** Tells which rule of a row was broken, in the engine of files; 0 is none. */
  readonly code: number;
  readonly structural: boolean;
}

const made = new WeakMap<FeatureRules, readonly FeatureRule[]>();

/** The rules that a feature has, in the order in which they are asked; made once, because lists of values are long. */
export function featureRules(feature: FeatureRules): readonly FeatureRule[] {
  let rules = made.get(feature);
  if (rules === undefined) {
    rules = ENTRIES.flatMap(([name, rule], i) => {
      const bound = rule.of(feature);
      return bound === undefined ? [] : [{ ...bound, name, code: i + 1, structural: rule.structural ?? false }];
    });
    made.set(feature, rules);
  }
  return rules;
}

/** What is wrong with how a feature states its rules; undefined when nothing is. */
export function rulesProblem(feature: FeatureRules): string | undefined {
  for (const [, rule] of ENTRIES) {
    const { types = [feature.type] } = rule;
    const stray = Object.keys(rule.shape).find((key) => feature[key as keyof FeatureRules] !== undefined);
    if (stray !== undefined && !types.includes(feature.type))
      return `${stray} is for ${types.join(', ')}, and ${feature.name} is ${feature.type}`;
    const problem = rule.problem?.(feature);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
