import { Stack } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import { DataLake } from '../../infra/constructs/data-lake.ts';
import { ModelEndpoint } from '../../infra/constructs/model-endpoint.ts';
import { ModelRegistry } from '../../infra/constructs/model-registry.ts';
import { synthesized } from './synthesized.ts';

it('lets twelve endpoints of one region log without a resource policy, of which there may be ten', () => {
  const { resources } = synthesized((app) => {
    for (const name of ['Few', 'Others']) {
      const stack = new Stack(app, name);
      const registry = ModelRegistry.fromAttributes(stack, 'R', {
        tableName: 'own',
        artifactsBucketName: 'artifacts',
        environmentName: 'dev',
      });
      const lake = DataLake.fromAttributes(stack, 'L', { dataBucketName: 'data', capturesBucketName: 'captures' });
      for (let i = 0; i < 6; i++) new ModelEndpoint(stack, `Endpoint${i}`, { registry, lake });
    }
  });
  const of = (type: string) => resources.filter(([, { Type }]) => Type === type);
  expect(of('AWS::Logs::ResourcePolicy')).toEqual([]);
  const groups = new Map(of('AWS::Logs::LogGroup'));
  const names = of('AWS::ApiGatewayV2::Stage').map(([id, { Properties }]) => {
    const [group] = Properties.AccessLogSettings.DestinationArn['Fn::GetAtt'] as [string];
    return groups.get(`${id.split('/')[0]}/${group}`)!.Properties.LogGroupName as string;
  });
  expect(new Set(names).size).toBe(12);
  for (const name of names) expect(name).toMatch(/^\/aws\/vendedlogs\/trimtab\/(Few|Others)\/Endpoint\dAccess\w+$/);
});
