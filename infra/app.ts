import { App, Validations } from 'aws-cdk-lib';
import { Checks } from './checks.ts';
import { readConfig } from './config.ts';
import { addTrimtab } from './trimtab-app.ts';

const app = new App();
addTrimtab(app, readConfig());
Validations.of(app).addPlugins(new Checks(app));
app.synth();
