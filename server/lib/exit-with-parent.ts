import { Worker } from 'node:worker_threads';

/** A thread of its own, because the main one may be blocked by a run that does not end. */
const WATCH = `
const { workerData } = require('node:worker_threads');
setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
}, 1000);
`;

/** Ends this process soon after its parent has ended, whatever it is doing: nobody is left who would stop it. */
export function exitWithParent(): void {
  new Worker(WATCH, { eval: true, workerData: process.ppid }).unref();
}
