// An app of somebody else's: two endpoints with registries of their own in one stack, by the constructs alone. The model
// whose folder is named by `-c model=FOLDER` has alarms in both.
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { deployedModel, ModelEndpoint, ModelMonitoring, OnCall, RollbackController } from '../../infra/index.ts';
import { ACCOUNT, REGION } from './deployment.ts';
import { SIDES, STACK } from './two-endpoints-names.ts';

const app = new App();
const stack = new Stack(app, STACK, { env: { account: ACCOUNT, region: REGION } });
const models = [deployedModel(String(app.node.tryGetContext('model')))];
for (const environmentName of SIDES) {
  const endpoint = new ModelEndpoint(stack, `${environmentName}Endpoint`, { environmentName });
  const { registry, lake } = endpoint;
  new RollbackController(stack, `${environmentName}Rollback`, { endpoint });
  new ModelMonitoring(stack, `${environmentName}Monitoring`, { registry, models });
  new OnCall(stack, `${environmentName}OnCall`).hear(stack, environmentName);
  for (const [name, value] of Object.entries({ ...registry.environment, ...lake.environment, url: endpoint.url }))
    new CfnOutput(stack, `${environmentName}${name.replaceAll('_', '')}`, { value, description: name });
}
app.synth();
