import * as z from 'zod';
import { EnvironmentName } from '../../core/model/names.ts';
import { PlatformError } from '../errors.ts';

/** What a function, or the command line, must be told to find the AWS home. The rest is the SDK's own (AWS_REGION, …). */
export const AwsEnvironment = z.object({
  /** Name of the installation, which is a dimension of its metrics. */
  TRIMTAB_ENVIRONMENT: EnvironmentName,
  TRIMTAB_TABLE: z.string().min(1),
  TRIMTAB_ARTIFACTS_BUCKET: z.string().min(1),
  TRIMTAB_DATA_BUCKET: z.string().min(1),
  TRIMTAB_CAPTURES_BUCKET: z.string().min(1),
  /** Name of the event bus. */
  TRIMTAB_BUS: z.string().min(1).default('default'),
  /** Alias ARN of the endpoint's function, for whoever has to see what it serves. */
  TRIMTAB_ENDPOINT_FUNCTION: z.string().min(1).optional(),
});
export type AwsEnvironment = z.infer<typeof AwsEnvironment>;

/** @throws PlatformError naming every variable that is missing */
export function parseAwsEnvironment(env: NodeJS.ProcessEnv): AwsEnvironment {
  const parsed = AwsEnvironment.safeParse(env);
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw new PlatformError(
    `the AWS home needs the environment variables ${names}; the stack's outputs hold their values`,
  );
}
