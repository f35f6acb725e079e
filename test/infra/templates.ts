import { addTrimtab } from '../../infra/add-trimtab.ts';
import { DeploymentConfig } from '../../infra/config.ts';
import { type Resource as InTemplate, synthesized as synthesizedApp } from './synthesized.ts';

export interface Resource {
  readonly stack: string;
  readonly id: string;
  readonly type: string;
  readonly properties: InTemplate['Properties'];
  readonly deletionPolicy?: string;
}

/** Every resource of every stack of one environment with everything that can be configured, as it would be deployed. @param more settings */
export function synthesized(more: object = {}): Resource[] {
  const config = DeploymentConfig.parse({
    alarmEmail: 'on-call@example.com',
    pipeline: { repository: 'acme/trimtab', copiedBy: ['prod'] },
    replay: { assumedBy: 'arn:aws:iam::123456789012:role/reviewers' },
    ...more,
  });
  const { templates } = synthesizedApp((app) => addTrimtab(app, config));
  return Object.entries(templates).flatMap(([name, { Resources }]) =>
    Object.entries(Resources).map(([id, resource]) => {
      const { Type, Properties = {}, DeletionPolicy } = resource as typeof resource & { DeletionPolicy?: string };
      return {
        stack: name.replace('Trimtab-dev-', ''),
        id,
        type: Type,
        properties: Properties,
        deletionPolicy: DeletionPolicy,
      };
    }),
  );
}

/** The words that stand for what CloudFormation puts in at deployment. */
const PSEUDO: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::Region': '<region>',
  'AWS::AccountId': '<account>',
};

/**
 * A value of a template as one line: references and imports become `<LogicalId>` or `<LogicalId.Attribute>`, in
 * whatever stack the thing is.
 */
export function flat(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[key, of]] = Object.entries(value) as [[string, unknown]];
  switch (key) {
    case 'Ref':
      return PSEUDO[of as string] ?? `<${of}>`;
    case 'Fn::GetAtt':
      return `<${(of as string[]).join('.')}>`;
    case 'Fn::Join': {
      const [separator, parts] = of as [string, unknown[]];
      return parts.map(flat).join(separator);
    }
    case 'Fn::Sub':
      return (of as string).replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => flat({ Ref: name }));
    case 'Fn::ImportValue': {
      const name = flat(of).replace(/^.*:ExportsOutput/, '');
      const attribute = /^FnGetAtt(.+?[0-9A-F]{8})(.+)[0-9A-F]{8}$/.exec(name);
      if (attribute) return `<${attribute[1]}.${attribute[2]}>`;
      return `<${/^Ref(.+?[0-9A-F]{8})[0-9A-F]{8}$/.exec(name)?.[1] ?? name}>`;
    }
    default:
      throw new Error(`no plain form of ${JSON.stringify(value)}`);
  }
}

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: Record<string, unknown>;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/** Whether a resource is the role at a path: its stack, and the constructs in it. */
export function isRole({ type, stack, id }: Resource, role: string): boolean {
  const [own, ...path] = role.split('/');
  // The CDK makes the logical id of the path, without repetitions, and puts a hash behind it.
  const parts = path.filter((part, i) => part !== path[i - 1]).map((part) => part.replaceAll(/[^A-Za-z0-9]/g, ''));
  return type === 'AWS::IAM::Role' && stack === own && new RegExp(`^${parts.join('')}[0-9A-F]{8}$`).test(id);
}

/** @throws Error when there is no role at the path */
export function roleOf(resources: readonly Resource[], role: string): Resource {
  const found = resources.find((resource) => isRole(resource, role));
  if (!found) throw new Error(`no role ${role}`);
  return found;
}

/** The statements of a role: its own, and those of the policies attached to it. */
export function statementsOf(resources: readonly Resource[], { stack, id, properties }: Resource): Statement[] {
  const attached = resources.filter(
    (each) =>
      /^AWS::IAM::(Managed)?Policy$/.test(each.type) &&
      each.stack === stack &&
      (each.properties.Roles as { Ref: string }[]).some(({ Ref }) => Ref === id),
  );
  return [
    ...((properties.Policies as Resource['properties'][]) ?? []),
    ...attached.map((each) => each.properties),
  ].flatMap(({ PolicyDocument }) => PolicyDocument.Statement as Statement[]);
}
