import { CreateSecretCommand, DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAwsHome } from '../../platform/aws/home.ts';
import { forgetContract } from '../usecases/privacy/erasure-contract.ts';
import { createResources } from './resources.ts';

const secrets = new SecretsManagerClient({});
const names: string[] = [];

async function createSecret(): Promise<string> {
  const Name = `trimtab-privacy-${Math.random().toString(36).slice(2)}`;
  names.push(Name);
  await secrets.send(new CreateSecretCommand({ Name, SecretString: 'a secret of more than thirty-two characters' }));
  return Name;
}

afterAll(async () => {
  for (const SecretId of names)
    await secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
});

forgetContract('AWS', async () =>
  openAwsHome({
    ...(await createResources()),
    TRIMTAB_PRIVACY_SECRET: await createSecret(),
    TRIMTAB_LABELS_SECRET: await createSecret(),
  }),
);

describe('the privacy secret on AWS', () => {
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    env = await createResources();
  });

  it('is read from Secrets Manager, the same for all who read it', async () => {
    const name = await createSecret();
    const homes = await Promise.all([1, 2].map(() => openAwsHome({ ...env, TRIMTAB_PRIVACY_SECRET: name })));
    const [one, two] = await Promise.all(homes.map((home) => home.privacy()));
    expect(one!.pseudonym('f', 'ada')).toBe(two!.pseudonym('f', 'ada'));
    for (const home of homes) await home.close();
  });

  it('is not what labels are sealed under: whoever has one of the two has no keys of the other', async () => {
    const privacy = await openAwsHome({ ...env, TRIMTAB_PRIVACY_SECRET: await createSecret() });
    await expect(privacy.labels()).rejects.toThrow('TRIMTAB_LABELS_SECRET names the secret');
    const labels = await openAwsHome({ ...env, TRIMTAB_LABELS_SECRET: await createSecret() });
    await expect(labels.privacy()).rejects.toThrow('TRIMTAB_PRIVACY_SECRET names the secret');
    const of = { owner: 'm', field: 'late' };
    const keys = await labels.labels();
    expect(keys.open(of, keys.seal(of, '1'))).toBe('1');
    for (const home of [privacy, labels]) await home.close();
  });

  it('says what is missing: its name, or the secret itself', async () => {
    const without = await openAwsHome({ ...env, TRIMTAB_PRIVACY_SECRET: undefined });
    await expect(without.privacy()).rejects.toThrow('TRIMTAB_PRIVACY_SECRET names the secret');
    const absent = await openAwsHome({ ...env, TRIMTAB_PRIVACY_SECRET: 'no-such-secret' });
    await expect(absent.privacy()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    for (const home of [without, absent]) await home.close();
  });
});
