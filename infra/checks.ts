import type { App, IPolicyValidationContext, IPolicyValidationPlugin, PolicyValidationPluginReport } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { WILDCARDS } from './permissions/list.ts';
import { resourceNameOf } from './permissions/names.ts';

/** AWS Solutions checks, less the wildcards that are on the list of permissions. */
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

/** A wildcard that stands on the list of permissions, with its reason. */
function isKnown(finding: string): boolean {
  const resource = /^AwsSolutions-IAM5\[Resource::(.*)\]$/.exec(finding)?.[1];
  return resource !== undefined && WILDCARDS.has(resourceNameOf(resource));
}
