import { describe, expect, it } from 'vitest';
import { costedDeployment, FIXED_RESOURCES } from '../../cli/cost/deployment.ts';
import { DeploymentConfig } from '../../infra/config.ts';
import { deployment } from './deployment.ts';

describe('what is priced', () => {
  const config = { endpoint: { provisionedConcurrency: { min: 1, max: 2 } } };
  const deployed = deployment(config);
  const costed = costedDeployment(DeploymentConfig.parse(config));
  const count = (type: string): number => deployed.filter(({ Type }) => Type === type).length;

  it('is what is deployed: alarms, dashboards, keys, secrets and schedules', () => {
    const [model] = costed.models;
    expect(costed.alarms).toBe(FIXED_RESOURCES.alarms + FIXED_RESOURCES.spilloverAlarms);
    expect(count('AWS::CloudWatch::Alarm')).toBe(costed.alarms + model!.alarms + model!.alarmsHighResolution);
    expect(count('AWS::CloudWatch::Dashboard')).toBe(costed.dashboards + costed.models.length);
    expect(count('AWS::KMS::Key')).toBe(costed.keys);
    expect(count('AWS::SecretsManager::Secret')).toBe(costed.secrets);
    expect(count('AWS::Scheduler::Schedule')).toBe(costed.schedules.length);
  });

  it('has the memory that is deployed', () => {
    const memory = (id: RegExp) =>
      deployed.find(({ Type, id: name }) => Type === 'AWS::Lambda::Function' && id.test(name))?.Properties;
    expect(memory(/^EndpointFunction/)?.MemorySize).toBe(costed.memoryMb);
    expect(memory(/^ValidationFunction/)).toMatchObject({
      MemorySize: costed.validation.memoryMb,
      EphemeralStorage: { Size: costed.validation.temporaryMb },
    });
  });
});
