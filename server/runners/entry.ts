import { serveRuns } from './runner.ts';

serveRuns();
