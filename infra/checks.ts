import type { App, IPolicyValidationContext, IPolicyValidationPlugin, PolicyValidationPluginReport } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { WILDCARDS } from './permissions/list.ts';
import { resourceNameOf } from './permissions/names.ts';

/** The AWS Solutions rules of cdk-nag, without findings about wildcards that the list of permissions gives reasons for. */
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

/** Whether a finding is about a wildcard in the list of permissions. */
function isKnown(finding: string): boolean {
  const resource = /^AwsSolutions-IAM5\[Resource::(.*)\]$/.exec(finding)?.[1];
  return resource !== undefined && WILDCARDS.has(resourceNameOf(resource));
}
