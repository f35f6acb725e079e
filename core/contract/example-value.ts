import type { Feature } from './contract.ts';
import { featureRules } from './rules/rules.ts';
import { VALUE_TYPES } from './types/types.ts';
import type { Value } from './types/value-type.ts';

/**
 * A value that keeps a feature's rules: the first of the typical ones that does; of numbers, where none does, the
 * nearest to the first of them that the rules themselves name.
 *
 * @param typical values that the feature usually has
 */
export function exampleValue(feature: Feature, typical: readonly Value[] = []): string | number | boolean {
  const rules = featureRules(feature);
  const { read, toJson } = VALUE_TYPES[feature.type];
  const keeps = (value: Value): boolean => {
    const cell = read(value);
    return cell !== null && !rules.some((rule) => rule.breaks(cell));
  };
  const named = rules.flatMap(({ examples = [] }) => examples);
  const [wanted = named[0]!] = typical;
  const known = typical.find(keeps);
  if (known !== undefined) return toJson(known);
  const kept = named.filter(keeps);
  if (typeof wanted === 'string') return toJson(kept[0] ?? named[0]!);
  const distance = (value: Value): number => Math.abs(Number(value) - Number(wanted));
  return toJson(kept.toSorted((a, b) => distance(a) - distance(b))[0] ?? named[0]!);
}
