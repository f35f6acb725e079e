import type { EndpointLimits } from '../core/registry/endpoint-limits.ts';
import { parseHomeName } from '../platform/home-name.ts';
import type { Home } from '../platform/ports.ts';

/** What a version has to fit into, or why that is not known. */
export interface KnownLimits {
  readonly limits?: EndpointLimits;
  /** For whoever registers: that nothing was held to it. */
  readonly remark?: string;
}

/**
 * What the endpoint has that is deployed on a home. A folder is served by machines whose disk and memory nobody here
 * knows: there a version is held to what it may take while it is examined.
 *
 * @param name by which the home was opened, which may name a profile
 */
export async function limitsOf(
  { kind, metrics }: Pick<Home, 'kind' | 'metrics'>,
  name: string | undefined,
): Promise<KnownLimits> {
  if (kind !== 'aws') return {};
  const { deployedLimits } = await import('../platform/aws/endpoint-limits.ts');
  const { PlatformError } = await import('../platform/errors.ts');
  // What is on AWS was named somewhere.
  const named = parseHomeName(name ?? process.env.TRIMTAB_HOME ?? 'aws');
  const profile = named.kind === 'aws' ? named.profile : undefined;
  try {
    const limits = await deployedLimits({ ...process.env, TRIMTAB_ENVIRONMENT: metrics.environment }, profile);
    return limits === undefined
      ? { remark: unknown('no stack says what it has; TRIMTAB_SERVING_STACK names one that does') }
      : { limits };
  } catch (error) {
    if (error instanceof PlatformError) return { remark: unknown(error.message) };
    throw error;
  }
}

const unknown = (why: string): string => `whether the deployed endpoint has room for it is not known: ${why}`;
