import { Stack, Stage } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it, vi } from 'vitest';
import { addTrimtab } from '../../infra/add-trimtab.ts';
import { DeploymentConfig } from '../../infra/config.ts';
import { ModelEndpoint } from '../../infra/constructs/model-endpoint.ts';
import { type Resource, synthesized } from './synthesized.ts';

const PLACE = { account: '111122223333', region: 'eu-central-1' };
const config = DeploymentConfig.parse({ environment: 'prod' });

/** Logical ids, but of permissions, which the CDK calls by the whole path, and which come and go without harm. */
const idsOf = (resources: Readonly<Record<string, Resource>>): string[] =>
  Object.entries(resources)
    .filter(([, { Type }]) => Type !== 'AWS::Lambda::Permission')
    .map(([id]) => id);

describe('addTrimtab', () => {
  it('adds to a stage what it adds to an app, by the same names and ids, where the stage is', () => {
    const alone = synthesized((app) => void addTrimtab(app, DeploymentConfig.parse({ ...config, ...PLACE })));
    let stage: Stage | undefined;
    synthesized((app) => {
      stage = new Stage(app, 'Prod', { env: PLACE });
      addTrimtab(stage, config);
    });
    const { stacks } = stage!.synth();
    expect(stacks.map(({ stackName }) => stackName).sort()).toEqual(Object.keys(alone.templates).sort());
    for (const { stackName, template, environment } of stacks) {
      expect(environment).toMatchObject(PLACE);
      const { Resources } = template as (typeof alone.templates)[string];
      expect(idsOf(Resources)).toEqual(idsOf(alone.templates[stackName]!.Resources));
    }
  });

  it('refuses a region of China, whoever names it', () => {
    const inChina = /services have other names there.*, received 'cn-north-1'/;
    const china = { account: '111122223333', region: 'cn-north-1' };
    expect(() => synthesized((app) => void addTrimtab(new Stage(app, 'Prod', { env: china }), config))).toThrow(
      inChina,
    );
    vi.stubEnv('CDK_DEFAULT_REGION', china.region);
    try {
      expect(() => synthesized((app) => void addTrimtab(app, config))).toThrow(inChina);
    } finally {
      vi.unstubAllEnvs();
    }
    expect(() =>
      synthesized((app) => {
        const plain = new Stack(app, 'Plain', { env: china });
        new ModelEndpoint(plain, 'Endpoint', { encryptionKey: new Key(plain, 'Key') });
      }),
    ).toThrow(inChina);
  });

  it('refuses a stage that is elsewhere than its configuration says', () => {
    expect(() =>
      synthesized((app) => {
        const stage = new Stage(app, 'Prod', { env: PLACE });
        addTrimtab(stage, DeploymentConfig.parse({ ...config, account: '444455556666' }));
      }),
    ).toThrow('is configured for the account 444455556666, and its stage Prod is for 111122223333');
  });

  it('hands back what more is granted of', () => {
    const { resources } = synthesized((app) => {
      const { endpoint, rollback } = addTrimtab(app, config);
      rollback.metricNeedsPerson('flight-delay').createAlarm(endpoint, 'Asked', { threshold: 1, evaluationPeriods: 1 });
    });
    const [, alarm] = resources.find(([id]) => id.includes('EndpointAsked'))!;
    expect(alarm.Properties).toMatchObject({
      MetricName: 'NeedsPerson',
      Dimensions: [
        { Name: 'Environment', Value: 'prod' },
        { Name: 'Model', Value: 'flight-delay' },
      ],
    });
  });
});
