import { App, Validations } from 'aws-cdk-lib';
import { Checks } from './checks.ts';
import { readEnvironments } from './environments.ts';
import { addTrimtab } from './trimtab-app.ts';

const app = new App();
// All environments in one assembly; `-c environment=NAME` narrows it to one.
for (const config of readEnvironments(undefined, app.node.tryGetContext('environment'))) addTrimtab(app, config);
Validations.of(app).addPlugins(new Checks(app));
app.synth();
