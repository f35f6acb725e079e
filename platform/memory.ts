import { totalmem } from 'node:os';

/** Available memory: the container's limit, else the machine's memory; bytes. */
export const memoryHere = (): number => Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
