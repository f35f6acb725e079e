import type { FunctionSpec } from '../function-spec.ts';

/** How often the queue delivers a message before it becomes a dead letter. */
export const MAX_RECEIVE_COUNT = 3;

export const validate: FunctionSpec = {
  name: 'validate',
  description: 'Validates data files: good rows become a dataset version, bad ones go to quarantine with their reasons',
  triggers: [{ kind: 'object-created', prefix: 'incoming/' }],
  // DuckDB is given 1,024 MB and goes about 100 MB over; Node and the file's pages take the rest.
  memoryMb: 2048,
  // The file as it came and unpacked (up to 4 GB), its good and bad rows, and what DuckDB spills: all that there is.
  temporaryMb: 10_240,
  timeoutSeconds: 300,
  layers: ['duckdb'],
};
