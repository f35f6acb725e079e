import { openAwsHome } from '../../platform/aws/home.ts';
import { joinContract } from '../usecases/ground-truth/join-contract.ts';
import { createResources } from './resources.ts';

let resources: Promise<NodeJS.ProcessEnv> | undefined;

// Several processes on the same stores.
joinContract('AWS', async () => {
  resources ??= createResources();
  return openAwsHome(await resources);
});
