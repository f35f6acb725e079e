import type { DeploymentConfig } from './config.ts';

interface Named {
  readonly member: string;
  readonly arn: string | undefined;
  /** Whether it has to be of the same account as well. */
  readonly own: boolean;
  /** Whether its region is another matter than that of the stacks. */
  readonly anywhere?: boolean;
}

/** What a configuration names and AWS takes only from the region of the stacks, some of it only from their account. */
function named(config: DeploymentConfig): Named[] {
  const { domain, webAclArn, authorization, authorizers, encryptionKeyArn, alarmTopics = [], tables } = config;
  const functionOf = (each: DeploymentConfig['authorization'] | undefined): string | undefined =>
    typeof each === 'object' && 'lambda' in each ? each.lambda.functionArn : undefined;
  return [
    // CloudFront in front of an endpoint takes it from us-east-1 alone: the endpoint holds it to that.
    {
      member: 'domain.certificateArn',
      arn: domain?.certificateArn,
      own: true,
      anywhere: webAclArn !== undefined,
    },
    { member: 'authorization.lambda.functionArn', arn: functionOf(authorization), own: true },
    ...Object.entries(authorizers).map(([role, each]) => ({
      member: `authorizers.${role}.lambda.functionArn`,
      arn: functionOf(each),
      own: true,
    })),
    { member: 'encryptionKeyArn', arn: encryptionKeyArn, own: false },
    ...alarmTopics.map(({ arn }, i) => ({ member: `alarmTopics[${i}].arn`, arn, own: false })),
    // A role of another account gets no policy from here, and the CDK leaves it out without a word.
    ...readersOf(tables).map((arn, i) => ({ member: `tables.readers[${i}]`, arn, own: true })),
  ];
}

/** ARNs of roles that may query the tables. */
export const readersOf = (tables: DeploymentConfig['tables']): readonly string[] =>
  typeof tables === 'object' ? tables.readers : [];

/**
 * Sentences that say what a configuration names in another region or account than its stacks are in, where CloudFormation
 * would refuse it in the middle of a deployment, or alarms and permissions would go nowhere.
 *
 * @param place - of the stacks, as far as it is known
 */
export function misplaced(
  config: DeploymentConfig,
  { account, region }: { readonly account?: string | undefined; readonly region?: string | undefined },
): string[] {
  return named(config).flatMap(({ member, arn, own, anywhere = false }) => {
    const [, , , itsRegion, itsAccount] = arn?.split(':') ?? [];
    if (!anywhere && region !== undefined && itsRegion && itsRegion !== region)
      return [`${member} has to be of the region ${region}, received ${arn}`];
    if (own && account !== undefined && itsAccount && itsAccount !== account)
      return [`${member} has to be of the account ${account}, received ${arn}`];
    return [];
  });
}
