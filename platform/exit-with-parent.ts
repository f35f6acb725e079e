import { Worker } from 'node:worker_threads';

/** Runs in a thread of its own, because the main thread may be blocked by a run that does not end. */
const WATCH = `
const { workerData } = require('node:worker_threads');
setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
}, 1000);
`;

/** Kills this process about a second after its parent has ended, whatever it is doing, so that no orphan is left. */
export function exitWithParent(): void {
  new Worker(WATCH, { eval: true, workerData: process.ppid }).unref();
}
