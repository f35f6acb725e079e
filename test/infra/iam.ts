/**
 * AWS's rules of evaluating policies within one account, as far as this project's policies need them: an explicit deny
 * wins, then an allow of the identity's policies or of the resource's, else it is denied. What is not known here throws.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */

export interface PolicyStatement {
  readonly Effect: 'Allow' | 'Deny';
  /** Only in a resource's policy. */
  readonly Principal?:
    | '*'
    | { readonly AWS?: string | readonly string[]; readonly Service?: string | readonly string[] };
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Value | readonly Value[]>>>>;
}
type Value = string | number | boolean;

export interface Request {
  /** ARN of who asks, or the name of a service. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  /** What the service knows of the request; `aws:PrincipalArn` is added. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

export type Decision = 'allowed' | 'denied' | 'explicitly denied';

/** What comes of a request, by the policies of who asks and of what is asked for. */
export function evaluate(
  request: Request,
  identity: readonly PolicyStatement[],
  resource: readonly PolicyStatement[] = [],
): Decision {
  const applying = [
    ...identity.filter((statement) => covers(statement, request)),
    ...resource.filter((statement) => isMeant(statement, request) && covers(statement, request)),
  ];
  if (applying.some(({ Effect }) => Effect === 'Deny')) return 'explicitly denied';
  return applying.some(({ Effect }) => Effect === 'Allow') ? 'allowed' : 'denied';
}

const all = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

function isMeant({ Principal }: PolicyStatement, { principal }: Request): boolean {
  if (Principal === undefined) throw new Error('a statement of a resource’s policy names no principal');
  if (Principal === '*') return true;
  const { AWS = [], Service = [] } = Principal;
  return all(AWS).some((name) => name === '*' || name === principal) || all(Service).includes(principal);
}

function covers({ Action, Resource, Condition = {} }: PolicyStatement, request: Request): boolean {
  const context = { 'aws:PrincipalArn': request.principal, ...request.context };
  return (
    all(Action).some((pattern) => like(request.action.toLowerCase(), pattern.toLowerCase())) &&
    all(Resource).some((pattern) => like(request.resource, pattern)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) =>
        holds(
          operator,
          all(wanted).map(String),
          key in context ? all(context[key as keyof typeof context]) : undefined,
        ),
      ),
    )
  );
}

type Test = (found: string, wanted: string) => boolean;

const POSITIVE: Readonly<Record<string, Test>> = {
  StringEquals: (found, wanted) => found === wanted,
  StringLike: (found, wanted) => like(found, wanted),
  ArnEquals: (found, wanted) => arnLike(found, wanted),
  ArnLike: (found, wanted) => arnLike(found, wanted),
  Bool: (found, wanted) => found === wanted,
  NumericLessThan: (found, wanted) => Number(found) < Number(wanted),
};

/** Whether a condition holds; `found` is undefined when the request knows nothing of the key. */
function holds(written: string, wanted: readonly string[], found: readonly string[] | undefined): boolean {
  const [, quantifier, name, ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/.exec(written)!;
  if (name === 'Null') return (found === undefined) === (wanted[0] === 'true');
  const negated = /^(String|Arn)Not(Equals|Like)$/.exec(name!);
  const test = POSITIVE[negated ? `${negated[1]}${negated[2]}` : name!];
  if (!test) throw new Error(`no condition operator ${written} here`);
  // Of a key that is not there, a negated condition is true, any other false.
  if (found === undefined) return quantifier === 'ForAllValues' || ifExists !== undefined || negated !== null;
  const one = (value: string): boolean => wanted.some((each) => test(value, each)) !== (negated !== null);
  return quantifier === 'ForAnyValue' ? found.some(one) : found.every(one);
}

/** `*` for any characters, `?` for any one. */
function like(text: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** In ARNs, wildcards do not reach over a colon; the last of the six parts may have colons of its own. */
function arnLike(text: string, pattern: string): boolean {
  const parts = (arn: string): string[] => {
    const [a = '', b = '', c = '', d = '', e = '', ...rest] = arn.split(':');
    return [a, b, c, d, e, rest.join(':')];
  };
  const [found, wanted] = [parts(text), parts(pattern)];
  return found.every((part, i) => like(part, wanted[i]!));
}
