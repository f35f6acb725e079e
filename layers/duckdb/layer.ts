import type { LayerDefinition } from '../layer.ts';

/** DuckDB for Node, with the binding of one Linux. */
export const duckdb: LayerDefinition = {
  name: 'duckdb',
  description: 'DuckDB for Node.js',
  budgetMb: 80,
  packages: (architecture) => [
    { name: '@duckdb/node-api', files: ['package.json', 'lib'], needed: ['lib/index.js'] },
    { name: '@duckdb/node-bindings', files: ['package.json', 'duckdb.js'], needed: ['duckdb.js'] },
    {
      name: `@duckdb/node-bindings-linux-${architecture}`,
      files: ['package.json', 'duckdb.node', 'libduckdb.so'],
      needed: ['duckdb.node', 'libduckdb.so'],
    },
  ],
};
