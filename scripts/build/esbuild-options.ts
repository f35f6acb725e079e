import type { BuildOptions } from 'esbuild';

/**
 * How functions are bundled, wherever that is done. Identifiers stay as they are, so that what is written of an error
 * names what it came from; keeping names beside short identifiers would name every closure anew, at every request.
 */
export const BUNDLING = {
  bundle: true,
  platform: 'node',
  // ES modules cannot see a layer.
  format: 'cjs',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'error',
} as const satisfies BuildOptions;
