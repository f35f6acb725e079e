import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { addTrimtab } from '../../infra/add-trimtab.ts';
import { DeploymentConfig } from '../../infra/config.ts';

/** A metric of a widget: namespace, name, dimensions by turns, and how it is shown; or an expression. */
export type BodyMetric = readonly (string | { readonly [option: string]: unknown })[];

export interface Widget {
  readonly type: 'text' | 'alarm' | 'metric' | 'log';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly alarms?: readonly string[];
    readonly metrics?: readonly BodyMetric[];
    readonly stacked?: boolean;
    readonly annotations?: { readonly horizontal?: readonly { value: number; label?: string; color?: string }[] };
    readonly yAxis?: { readonly left?: { readonly label?: string; readonly max?: number } };
  };
}

/** The bodies of the dashboards that are deployed, by name, as CloudWatch gets them. */
export function dashboardBodies(): Map<string, Widget[]> {
  process.env.CDK_VALIDATION = 'false';
  const outdir = mkdtempSync(path.join(os.tmpdir(), 'trimtab-dashboard-'));
  try {
    const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
    const app = new App({ outdir, context });
    addTrimtab(app, DeploymentConfig.parse({}));
    const bodies = new Map<string, Widget[]>();
    for (const { template } of app.synth().stacks) {
      const { Resources } = template as Template;
      for (const { Type, Properties } of Object.values(Resources))
        if (Type === 'AWS::CloudWatch::Dashboard')
          bodies.set(
            Properties.DashboardName as string,
            (JSON.parse(resolved(Properties.DashboardBody, Resources)) as { widgets: Widget[] }).widgets,
          );
    }
    return bodies;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

interface Template {
  readonly Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
}

/** What is known only at deployment becomes the name of the resource it is of. */
function resolved(part: unknown, resources: Template['Resources']): string {
  if (typeof part === 'string') return part;
  const [name, value] = Object.entries(part as Record<string, unknown>)[0]!;
  if (name === 'Fn::Join') return (value as [string, unknown[]])[1].map((p) => resolved(p, resources)).join('');
  if (name === 'Fn::GetAtt') {
    const [id = ''] = value as string[];
    return String(resources[id]?.Properties.AlarmName ?? id);
  }
  if (name === 'Ref' && value === 'AWS::Region') return 'eu-central-1';
  return Array.isArray(value) ? value.join('.') : String(value).replace(/\W/g, '');
}
