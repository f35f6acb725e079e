import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { EndpointLimits, LIMITS_OUTPUT } from '../../core/registry/endpoint-limits.ts';
import { PlatformError } from '../errors.ts';
import { clientConfig } from './client-config.ts';
import { errorNameOf } from './failures.ts';

/**
 * What the deployed endpoint holds a version to: an output of its stack, which is `Trimtab-<environment>-Serving` unless
 * TRIMTAB_SERVING_STACK names another.
 *
 * @param profile of the AWS configuration, for region and credentials. @default those that the SDK finds
 * @returns undefined where there is no such stack, or it says nothing
 * @throws PlatformError when that cannot be read, or is not what it should be
 */
export async function deployedLimits(env: NodeJS.ProcessEnv, profile?: string): Promise<EndpointLimits | undefined> {
  const stack = env.TRIMTAB_SERVING_STACK ?? `Trimtab-${env.TRIMTAB_ENVIRONMENT}-Serving`;
  const client = new CloudFormationClient({ ...clientConfig(5_000), ...(profile !== undefined && { profile }) });
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stack }));
    const output = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === LIMITS_OUTPUT);
    return output?.OutputValue === undefined ? undefined : parsed(output.OutputValue, stack);
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    if (errorNameOf(error) === 'ValidationError' && /does not exist/.test((error as Error).message)) return undefined;
    throw new PlatformError(`the outputs of ${stack} cannot be read: ${(error as Error).message}`, { cause: error });
  } finally {
    client.destroy();
  }
}

function parsed(text: string, stack: string): EndpointLimits {
  try {
    return EndpointLimits.parse(JSON.parse(text));
  } catch (cause) {
    throw new PlatformError(
      `the output ${LIMITS_OUTPUT} of ${stack} is an object of memoryMb and cacheMb, received ${text.slice(0, 200)}`,
      { cause },
    );
  }
}
