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

/** What is sent after the parent has gone fails so, whoever sends it. */
const NOBODY_HEARS = new Set(['ERR_IPC_CHANNEL_CLOSED', 'ERR_IPC_DISCONNECTED', 'EPIPE', 'ECONNRESET']);

/**
 * Does something, and ends this process, when the channel to its parent closes. Whatever was being sent to it at the
 * time, by Node's own parts too, is no error then.
 *
 * @param last what is still to be done, at once
 */
export function endWithChannel(status: number, last: () => void = () => undefined): void {
  const end = (): never => {
    last();
    process.exit(status);
  };
  // First of all: Node's cluster has a listener that ends the process without a word.
  process.prependListener('disconnect', end);
  process.on('error', (error: NodeJS.ErrnoException) => {
    if (NOBODY_HEARS.has(error.code ?? '')) end();
    throw error;
  });
}
