import type { EndpointLimits } from '../core/registry/endpoint-limits.ts';
import { parseHomeName } from '../platform/home-name.ts';

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
 * @param name of the home, which may say where it is, and by whose credentials, whatever the variables say
 */
export async function limitsOf(name: string, env: NodeJS.ProcessEnv): Promise<KnownLimits> {
  const home = parseHomeName(name);
  if (home.kind !== 'aws') return {};
  const [{ deployedLimits }, { environmentOfHome }] = await Promise.all([
    import('../platform/aws/endpoint-limits.ts'),
    import('../platform/aws/outputs.ts'),
  ]);
  const { PlatformError } = await import('../platform/errors.ts');
  try {
    const limits = await deployedLimits(await environmentOfHome(env, home), home.profile);
    return limits === undefined
      ? { remark: unknown('no stack says what it has; TRIMTAB_SERVING_STACK names one that does') }
      : { limits };
  } catch (error) {
    if (error instanceof PlatformError) return { remark: unknown(error.message) };
    throw error;
  }
}

const unknown = (why: string): string => `whether the deployed endpoint has room for it is not known: ${why}`;
