import { openAwsHome } from '../../platform/aws/home.ts';
import { homeContract } from '../platform/contract/home.ts';
import { createResources } from './resources.ts';

homeContract('AWS', async () => openAwsHome(await createResources()));
