// Writes v1/baseline.json of the pictures that render.py has drawn: `npx tsx models/label-reader/baseline.ts`.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Manifest } from '../../core/manifest/manifest.ts';
import { buildBaseline } from '../../usecases/baseline/build-baseline.ts';
import { withExamined } from '../../platform/onnx/examine.ts';

const version = path.join(import.meta.dirname, 'v1');
const modelFile = path.join(version, 'model.onnx');
const manifest = Manifest.parse(JSON.parse(readFileSync(path.join(version, 'model.json'), 'utf8')));
const dataFile = path.join(import.meta.dirname, '../../.cache/label-reference.jsonl');
await withExamined(modelFile, async ({ signature, open }) => {
  const baseline = await buildBaseline({ dataFile, open, manifest, signature, now: new Date() });
  writeFileSync(path.join(version, 'baseline.json'), `${JSON.stringify(baseline)}\n`);
});
