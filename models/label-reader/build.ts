// Writes v1/model.onnx: `npx tsx models/label-reader/build.ts [FILE]`. The same bytes on every machine.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { labelReader } from './graph.ts';

const target = process.argv[2] ?? path.join(import.meta.dirname, 'v1', 'model.onnx');
mkdirSync(path.dirname(target), { recursive: true });
writeFileSync(target, labelReader());
console.log(target);
