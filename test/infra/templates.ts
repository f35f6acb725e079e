import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { DeploymentConfig } from '../../infra/config.ts';
import { addTrimtab } from '../../infra/trimtab-app.ts';

export interface Resource {
  readonly stack: string;
  readonly id: string;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of no type
  readonly properties: Record<string, any>;
  readonly deletionPolicy?: string;
}

/** Every resource of every stack of the app, as it would be deployed. */
export function synthesized(config: Partial<DeploymentConfig> = {}): Resource[] {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trimtab-templates-'));
  try {
    const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
    const app = new App({ outdir: path.join(folder, 'cdk.out'), context });
    addTrimtab(app, DeploymentConfig.parse({ alarmEmail: 'on-call@example.com', ...config }));
    return app.synth().stacks.flatMap(({ stackName, template }) =>
      Object.entries(
        (template as { Resources: Record<string, { Type: string; Properties?: object; DeletionPolicy?: string }> })
          .Resources,
      ).map(([id, { Type, Properties = {}, DeletionPolicy }]) => ({
        stack: stackName.replace(/^Trimtab-[^-]+-/, ''),
        id,
        type: Type,
        properties: Properties,
        deletionPolicy: DeletionPolicy,
      })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
