import { labelsSecretFrom, PrivacyError } from '../privacy.ts';
import { clientConfig } from './client-config.ts';

/** Variables that name the secrets. They are two so that two roles can be told apart by them. */
type SecretVariable = 'TRIMTAB_PRIVACY_SECRET' | 'TRIMTAB_LABELS_SECRET' | 'TRIMTAB_ORIGIN_SECRET';

/**
 * The privacy secret on AWS: what is stored under TRIMTAB_PRIVACY_SECRET (name or ARN) in Secrets Manager.
 *
 * @throws PrivacyError when nothing says where it is, or it is no text
 */
export const awsPrivacySecret = async (env: NodeJS.ProcessEnv, profile?: string): Promise<string> =>
  env.TRIMTAB_PRIVACY_KEY ?? (await readSecret(env, 'TRIMTAB_PRIVACY_SECRET', profile));

/**
 * The labels secret on AWS: what is stored under TRIMTAB_LABELS_SECRET, and never the privacy secret, which the role of
 * those who join ground truth may not read.
 *
 * @throws PrivacyError when nothing says where it is, or it is no text
 */
export async function awsLabelsSecret(env: NodeJS.ProcessEnv, profile?: string): Promise<string> {
  const { TRIMTAB_PRIVACY_KEY: given } = env;
  return given === undefined ? readSecret(env, 'TRIMTAB_LABELS_SECRET', profile) : labelsSecretFrom(given);
}

/** What the distribution in front of an endpoint shows it. @throws PrivacyError when it is no text */
export const awsOriginSecret = (env: NodeJS.ProcessEnv): Promise<string> => readSecret(env, 'TRIMTAB_ORIGIN_SECRET');

/** The client is loaded only here: a start that needs no secret pays for none. */
async function readSecret(env: NodeJS.ProcessEnv, variable: SecretVariable, profile?: string): Promise<string> {
  const SecretId = env[variable];
  if (SecretId === undefined || SecretId === '')
    throw new PrivacyError(`${variable} names the secret in Secrets Manager, and is not set`);
  const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManagerClient({ ...clientConfig(2_000), ...(profile !== undefined && { profile }) });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
    if (SecretString === undefined) throw new PrivacyError(`the secret ${SecretId} holds no text`);
    return SecretString;
  } finally {
    client.destroy();
  }
}
