import { openLocalHome } from '../../../platform/local/home.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { joinContract } from './join-contract.ts';

const folder = temporaryFolder('join-contract');
joinContract('local', () => openLocalHome(folder));
