import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { acknowledgeFindings } from './acknowledged.ts';
import { readConfig } from './config.ts';
import { addTrimtab } from './trimtab-app.ts';

const app = new App();
addTrimtab(app, readConfig());
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
acknowledgeFindings(app);
app.synth();
