import { App, Validations } from 'aws-cdk-lib';
import { addTrimtab } from './add-trimtab.ts';
import { Checks } from './checks.ts';
import { readEnvironments } from './environments.ts';
import { previewOf } from './previews.ts';

const app = new App();
// All environments in one assembly; `-c environment=NAME` narrows it to one, `-c branch=BRANCH` makes that branch's
// preview, `-c config=FILE` names another file.
const [file, named, branch] = ['config', 'environment', 'branch'].map(
  (key) => app.node.tryGetContext(key) as string | undefined,
);
if (named !== undefined && branch !== undefined)
  throw new Error(`environment=${named} and branch=${branch} do not go together: each names the environment`);
const only = named ?? (branch === undefined ? undefined : previewOf(branch));
for (const config of readEnvironments(file, only)) addTrimtab(app, config);
Validations.of(app).addPlugins(new Checks(app));
app.synth();
