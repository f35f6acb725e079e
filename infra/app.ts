import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readConfig } from './config.ts';
import { addTrimtab } from './trimtab-app.ts';

const app = new App();
addTrimtab(app, readConfig());
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
