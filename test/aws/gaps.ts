/** Something that the emulator leaves out, and what covers it instead. docs/emulator-gaps.md tells people the same. */
export interface Gap {
  /** Resource type that is dropped from the copy of the assembly. */
  readonly type: string;
  /** Attributes of other resources that only speak of that type. */
  readonly attributes?: readonly string[];
  readonly coveredBy: string;
}

/**
 * Resource types that the emulator refuses, and with them the whole stack. A type that is dropped and is not on this
 * list fails the deployment test; so does a type on it that the emulator has learnt in the meantime.
 */
export const GAPS: readonly Gap[] = [
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
