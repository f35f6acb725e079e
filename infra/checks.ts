import type { App, IPolicyValidationContext, IPolicyValidationPlugin, PolicyValidationPluginReport } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

/**
 * Wildcards that stand in permissions, each with its reason. cdk-nag names a finding by the whole resource, export
 * names included, which are not known where the permission is granted; here they are matched by their end.
 */
export const WILDCARDS: readonly { readonly resource: RegExp; readonly reason: string }[] = [
  { resource: /\.Arn>:\*$/, reason: 'log streams of the function’s own log group' },
  { resource: /LakeCaptures[^/]*\/\*$/, reason: 'the delivery stream writes captures, and what it could not deliver' },
  { resource: /RegistryArtifacts[^/]*\/\*$/, reason: 'the endpoint reads whatever model the ledger names' },
  {
    resource:
      /\/(captures|baselines|incoming|contracts|datasets|quarantine|quarantine\/ground-truth|reports\/(validation|drift)|drift|ground-truth|ground-truth\/(incoming|waiting)|releases|models|cards|dead-letter\/validate)\/\*$/,
    reason: 'objects under a prefix: their keys are not known before',
  },
  { resource: /:stack\/Trimtab-[A-Za-z0-9-]+\/\*$/, reason: 'a stack’s name; the rest of its id is not known before' },
  { resource: /:execute-api:[^/]+\/\*$/, reason: 'every path of the one endpoint' },
  { resource: /^\*$/, reason: 'cloudwatch:GetMetricData knows no resources' },
];

/** AWS Solutions checks, less the findings that stand. */
export class Checks implements IPolicyValidationPlugin {
  readonly name = 'AwsSolutions';
  readonly version = '1';
  private readonly checks: AwsSolutionsChecks;

  constructor(app: App) {
    this.checks = new AwsSolutionsChecks(app);
  }

  validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const report = this.checks.validate(context);
    const violations = report.violations.filter(({ ruleName }) => !isKnown(ruleName));
    return { ...report, violations, success: violations.length === 0 };
  }
}

function isKnown(finding: string): boolean {
  const resource = /^AwsSolutions-IAM5\[Resource::(.*)\]$/.exec(finding)?.[1];
  return resource !== undefined && WILDCARDS.some((wildcard) => wildcard.resource.test(resource));
}
