// What an administrator deploys to each account once: `npm run pipeline:roles -- deploy Trimtab-Pipeline-<account>`.
import { App, Tags, Validations } from 'aws-cdk-lib';
import { addPipeline } from './add-pipeline.ts';
import { Checks } from './checks.ts';
import { readEnvironments, readPreviews } from './environments.ts';

const app = new App();
addPipeline(app, [...readEnvironments(), ...readPreviews()]);
Tags.of(app).add('trimtab:application', 'trimtab');
Validations.of(app).addPlugins(new Checks(app));
app.synth();
