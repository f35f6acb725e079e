import { type Stack, Token } from 'aws-cdk-lib';

/** Whether two stacks are in one account and region, as far as it is known before they are deployed. */
export function sharedPlace(one: Stack, other: Stack): 'shared' | 'apart' | 'unknown' {
  if (one === other) return 'shared';
  const pairs = [
    [one.account, other.account],
    [one.region, other.region],
  ] as const;
  const known = pairs.filter((pair) => !pair.some((value) => Token.isUnresolved(value)));
  if (known.some(([a, b]) => a !== b)) return 'apart';
  return known.length === pairs.length ? 'shared' : 'unknown';
}
