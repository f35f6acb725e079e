/** Claims of a token, of which AWS sees these two. */
export interface Token {
  readonly sub: string;
  readonly aud: string;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string;
  readonly Principal: { readonly Federated: unknown };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

const ISSUER = 'token.actions.githubusercontent.com';

/**
 * Whether a trust policy lets a holder of the token in, as IAM decides it: some statement allows, with all of its
 * conditions met; any value of a condition's list will do. An operator that is not known here is an error.
 */
export function admits(policy: { Statement: readonly Statement[] }, token: Token): boolean {
  return policy.Statement.some(
    ({ Effect, Action, Principal, Condition = {} }) =>
      Effect === 'Allow' &&
      Action === 'sts:AssumeRoleWithWebIdentity' &&
      JSON.stringify(Principal.Federated).includes(ISSUER) &&
      Object.entries(Condition).every(([operator, keys]) =>
        Object.entries(keys).every(([key, wanted]) => {
          const value = ({ [`${ISSUER}:sub`]: token.sub, [`${ISSUER}:aud`]: token.aud } as Record<string, string>)[key];
          return value !== undefined && [wanted].flat().some((pattern) => holds(operator, value, pattern));
        }),
      ),
  );
}

function holds(operator: string, value: string, pattern: string): boolean {
  if (operator === 'StringEquals') return value === pattern;
  if (operator === 'StringLike') {
    const literal = (text: string): string => text.replace(/[.+^${}()|[\]\\/]/g, '\\$&');
    return new RegExp(`^${literal(pattern).replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(value);
  }
  throw new Error(`operator ${operator} is not known to this test`);
}
