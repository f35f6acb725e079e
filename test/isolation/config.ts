// What every configuration of vitest here has in common, so that tests keep to themselves.
import path from 'node:path';
import { readTree, type Tree } from './tree.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The checkout before anything of a run. */
    readonly before: Tree;
  }
}

/** Options of all projects: temporary folders and environment are the tests' own. */
export const ISOLATION = {
  globalSetup: ['test/isolation/run-folder.ts'],
  setupFiles: ['test/isolation/environment.ts', 'test/isolation/own-folder.ts'],
  // Said aloud, for vitest puts off projects with one worker and no order till all others have ended.
  sequence: { groupOrder: 1 },
};

/**
 * Tests call processes of their own as the package has them, bundled: they start several times as fast as from sources
 * through tsx, which is what `bin/trimtab.mjs` does in a checkout.
 */
export const BUNDLED_WORKER = {
  globalSetup: ['test/isolation/bundled-worker.ts'],
  resolve: {
    alias: [{ find: /^.*\/worker-entry\.ts$/, replacement: path.join(import.meta.dirname, 'worker-entry.ts') }],
  },
};

/** Options of projects whose files share processes: each has to leave its process as it found it. */
export const SHARED = {
  isolate: false,
  setupFiles: [...ISOLATION.setupFiles, 'test/isolation/as-found.ts'],
};

/** Where the one test is that holds the checkout after all tests against what it was before: all others exclude it. */
export const CHECKOUT_TEST = 'test/isolation/checkout.test.ts';

/** The project of that test, which runs when all others have ended. */
export const CHECKOUT = {
  extends: true as const,
  test: {
    name: 'checkout',
    include: [CHECKOUT_TEST],
    // Here and not in a global setup: those of other projects, which build and pack, may be earlier.
    provide: { before: readTree(process.cwd()) },
    sequence: { groupOrder: 2 },
  },
};
