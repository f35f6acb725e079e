import type { EndpointLimits } from '../core/registry/endpoint-limits.ts';
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
 */
export async function limitsOf({ kind }: Pick<Home, 'kind'>): Promise<KnownLimits> {
  if (kind !== 'aws') return {};
  const { deployedLimits } = await import('../platform/aws/endpoint-limits.ts');
  const { PlatformError } = await import('../platform/errors.ts');
  try {
    const limits = await deployedLimits(process.env);
    return limits === undefined
      ? { remark: unknown('no stack says what it has; TRIMTAB_SERVING_STACK names one that does') }
      : { limits };
  } catch (error) {
    if (error instanceof PlatformError) return { remark: unknown(error.message) };
    throw error;
  }
}

const unknown = (why: string): string => `whether the deployed endpoint has room for it is not known: ${why}`;
