import type { LayerDefinition } from '../layer.ts';

/** ONNX Runtime for Node: of 291 MB for all platforms, the 30 files that one Linux needs. */
export const onnxruntime: LayerDefinition = {
  name: 'onnxruntime',
  description: 'ONNX Runtime for Node.js',
  budgetMb: 45,
  packages: (architecture) => {
    const native = `bin/napi-v6/linux/${architecture}`;
    return [
      { name: 'onnxruntime-common', files: ['package.json', 'dist/cjs'], needed: ['dist/cjs/index.js'] },
      {
        name: 'onnxruntime-node',
        files: ['package.json', 'dist/index.js', 'dist/backend.js', 'dist/binding.js', 'dist/version.js', native],
        needed: [`${native}/onnxruntime_binding.node`, `${native}/libonnxruntime.so.1`],
      },
    ];
  },
};
