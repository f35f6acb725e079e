import { serveRuns } from './worker.ts';

serveRuns();
