import { openLocalHome } from '../../../platform/local/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { homeContract } from '../contract/home.ts';

const folder = temporaryFolder('home');

homeContract('local', () => openLocalHome(folder));
