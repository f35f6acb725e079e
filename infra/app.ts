import { App, Validations } from 'aws-cdk-lib';
import { addTrimtab } from './add-trimtab.ts';
import { Checks } from './checks.ts';
import { readEnvironments } from './environments.ts';

const app = new App();
// All environments in one assembly; `-c environment=NAME` narrows it to one, `-c config=FILE` names another file.
const [file, only] = ['config', 'environment'].map((key) => app.node.tryGetContext(key) as string | undefined);
for (const config of readEnvironments(file, only)) addTrimtab(app, config);
Validations.of(app).addPlugins(new Checks(app));
app.synth();
