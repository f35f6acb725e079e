import { openSimulatedHome } from '../../../platform/simulated/home.ts';
import { homeContract } from '../contract/home.ts';

homeContract('simulated', async () => openSimulatedHome(Date.parse('2026-01-05T00:00:00Z'), 30));
