/** A resource type that the emulator refuses, and with it the whole stack. */
export interface RefusedType {
  readonly type: string;
  /** Attributes of other resources that only speak of that type. */
  readonly attributes?: readonly string[];
  readonly coveredBy: string;
}

/** A statement of a resource's policy that the emulator would apply wrongly. */
export interface UnknownCondition {
  /** Of the statement. */
  readonly sid: string;
  readonly why: string;
  readonly coveredBy: string;
}

/**
 * What is left out of the copy of the assembly that goes to the emulator; docs/emulator-gaps.md tells people the same.
 * Nothing else is: whatever refers to what is left out and is not named here fails the deployment test.
 */
export const REFUSED: readonly RefusedType[] = [
  {
    type: 'AWS::CodeDeploy::Application',
    coveredBy: 'test/infra/app.test.ts: the deployment group, its configuration and its alarms in the template',
  },
  {
    type: 'AWS::CodeDeploy::DeploymentGroup',
    attributes: ['UpdatePolicy.CodeDeployLambdaAliasUpdate'],
    coveredBy: 'test/infra/app.test.ts; here the alias moves to the new version at once',
  },
];

export const UNKNOWN_CONDITIONS: readonly UnknownCondition[] = [
  {
    sid: 'WriteOnce',
    why: 'it never fills in s3:if-none-match, so that every write would be refused',
    coveredBy: 'test/infra/immutability.test.ts: the policy, evaluated; test/emulator/immutability.test.ts: the writes',
  },
];

/** Checks of `trimtab doctor` on what a template sets and the emulator forgets; the templates are held by test/infra. */
export const NOT_KEPT: readonly string[] = ['table recovery', 'table deletion protection'];
