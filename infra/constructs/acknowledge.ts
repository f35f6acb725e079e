import * as cdk from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Says why a rule of cdk-nag does not hold for a construct. It is left unsaid where the CDK has no place for it: versions
 * before 2.254 have no acknowledgements, and some of the first that do take no rule with `::` in its name.
 */
export function acknowledge(scope: IConstruct, rule: string, reason: string): void {
  const { Validations } = cdk as Partial<typeof cdk>;
  const validations: Partial<cdk.Validations> | undefined = Validations?.of(scope);
  try {
    validations?.acknowledge?.({ id: `AwsSolutions::${rule}`, reason });
  } catch (error) {
    if (!/invalid validation rule id/i.test(String(error))) throw error;
  }
}
