import type { Plugin } from 'esbuild';

/**
 * Leaves the libraries that hold native code out of a bundle: each import of one becomes a call that looks for it when
 * it is first wanted (platform/packages/require-native.ts), and fetches it where nobody has installed it.
 */
export const nativeLibraries: Plugin = {
  name: 'native-libraries',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(onnxruntime-node|@duckdb\/node-api)($|\/)/ }, ({ path }) => ({
      path,
      namespace: 'native-libraries',
    }));
    onLoad({ filter: /.*/, namespace: 'native-libraries' }, ({ path }) => ({
      contents: `module.exports = require('./platform/packages/require-native.ts').requireNative(${JSON.stringify(path)});`,
      resolveDir: process.cwd(),
    }));
  },
};
