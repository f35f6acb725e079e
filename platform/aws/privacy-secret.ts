import { PrivacyError } from '../privacy.ts';
import { clientConfig } from './client-config.ts';

/**
 * The privacy secret on AWS: what is stored under TRIMTAB_PRIVACY_SECRET (name or ARN) in Secrets Manager. The client
 * is loaded only here: a start that needs no secret pays for none.
 *
 * @throws PrivacyError when nothing says where it is, or it is no text
 */
export async function awsSecret(env: NodeJS.ProcessEnv): Promise<string> {
  const { TRIMTAB_PRIVACY_KEY: given, TRIMTAB_PRIVACY_SECRET: SecretId } = env;
  if (given !== undefined) return given;
  if (SecretId === undefined || SecretId === '')
    throw new PrivacyError('TRIMTAB_PRIVACY_SECRET names the secret in Secrets Manager, and is not set');
  const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManagerClient(clientConfig(2_000));
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
    if (SecretString === undefined) throw new PrivacyError(`the secret ${SecretId} holds no text`);
    return SecretString;
  } finally {
    client.destroy();
  }
}
