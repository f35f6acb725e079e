import type { Plugin } from 'esbuild';

/**
 * Leaves the streams of the web out of a bundle, which Middy asks for at its start and needs for responses that stream
 * only; no function here has such. Node takes some milliseconds of a cold start to set them up.
 */
export const leanMiddy: Plugin = {
  name: 'lean-middy',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:stream\/web$/ }, ({ importer }) =>
      /[/\\]@middy[/\\]core[/\\]/.test(importer) ? { path: 'node:stream/web', namespace: 'lean-middy' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'lean-middy' }, () => ({ contents: 'export class ReadableStream {}' }));
  },
};
