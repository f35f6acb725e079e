import type { Home } from './ports.ts';

/** On AWS metrics are lines of a function's output; those of a command would stand among what it prints. */
export const quietHome = (home: Home): Home =>
  home.kind === 'aws'
    ? {
        ...home,
        metrics: {
          environment: home.metrics.environment,
          write: () => undefined,
          query: (query) => home.metrics.query(query),
        },
      }
    : home;
