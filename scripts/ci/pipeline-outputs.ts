// What a workflow must know, as outputs of a step: `npm run --silent pipeline >> "$GITHUB_OUTPUT"` gives the names of
// the environments that are deployed to, with the name of one its account, region and roles.
import { readEnvironments } from '../../infra/environments.ts';
import { pipelineEnvironments, workflowOutputs } from '../../infra/workflow-outputs.ts';

const [name] = process.argv.slice(2);
try {
  const environments = readEnvironments(undefined, name);
  const outputs =
    name === undefined
      ? { environments: JSON.stringify(pipelineEnvironments(environments)) }
      : workflowOutputs(environments[0]!);
  for (const [key, value] of Object.entries(outputs)) console.log(`${key}=${value}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
