import { ROLES, type Role } from './roles.ts';

/** What an authorizer of API Gateway hands on: the claims of a JWT, the context of a Lambda authorizer, or who signed. */
export interface AuthorizerContext {
  readonly iam?: unknown;
  readonly jwt?: unknown;
  readonly lambda?: unknown;
}

type Members = Readonly<Record<string, unknown>>;
const membersOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {});

/** Whether IAM has let a request in. API Gateway alone writes `iam`: what a Lambda authorizer says is within `lambda`. */
export const isSigned = ({ iam }: AuthorizerContext): boolean => typeof iam === 'object' && iam !== null;

/**
 * Roles that an authorizer says its caller has: scopes of a JWT (`scope` or `scp`) by the name `trimtab/ROLE`, as Cognito
 * writes those of a resource server, or `trimtab:ROLE`; of a Lambda authorizer the words of `roles` in its context. What
 * is not one of the roles is no role.
 */
export function rolesOfAuthorizer({ jwt, lambda }: AuthorizerContext): ReadonlySet<Role> {
  const { scope, scp } = membersOf(membersOf(jwt).claims);
  const scopes = [scope, scp].flatMap(wordsOf).flatMap((word) => /^trimtab[/:](.+)$/.exec(word)?.[1] ?? []);
  const words = new Set([...scopes, ...wordsOf(membersOf(lambda).roles)]);
  return new Set(ROLES.filter((role) => words.has(role)));
}

/** Words of a text, or of a list, which API Gateway writes as `[a b]`. */
function wordsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(wordsOf);
  return typeof value === 'string' ? value.replace(/^\[(.*)\]$/, '$1').split(/[\s,]+/) : [];
}
