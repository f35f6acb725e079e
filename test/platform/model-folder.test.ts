import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModelFolder } from '../../platform/model-folder.ts';
import { withExamined } from '../../platform/onnx/examine.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const FLIGHTS = 'models/flight-delay/v1';

/** The example's folder with changes to its manifest, read. */
async function read(changes: Record<string, unknown>): Promise<unknown> {
  const folder = path.join(temporaryFolder('model'), 'v1');
  cpSync(FLIGHTS, folder, { recursive: true });
  const file = path.join(folder, 'model.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...manifest, ...changes }));
  return withExamined(path.join(folder, 'model.onnx'), ({ signature }) => readModelFolder(folder, signature));
}

describe('a model folder', () => {
  it('is refused where its quality, truth and segments do not fit the decision', async () => {
    await expect(read({ quality: { metrics: [{ metric: 'errorAboveMedian' }] } })).rejects.toThrow(
      /errorAboveMedian is no metric that decides about binary/,
    );
    await expect(read({ monitoring: { segments: [{ feature: 'gate' }] } })).rejects.toThrow(
      /gate, which is no feature/,
    );
    await expect(read({ outputs: [], decision: { task: 'multiclass', output: 'probabilities' } })).rejects.toThrow(
      /decision\.classes/,
    );
  });

  it('is read where they do', async () => {
    await expect(
      read({ monitoring: { segments: [{ feature: 'carrier' }] }, quality: { metrics: [{ metric: 'recall' }] } }),
    ).resolves.toBeDefined();
  });
});
