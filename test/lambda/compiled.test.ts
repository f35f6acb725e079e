import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { buildFunctions, compileFunctions } from '../../scripts/build/functions.ts';
import { lambdaNode, lambdaNodeFlags } from '../../scripts/build/lambda-runtime.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { describeOnLambda } from './on-lambda.ts';

/** Hands V8 a bundle's compiled code as the loader does, and says whether it took it. */
const TAKEN = `
const { readFileSync } = require('node:fs');
const folder = process.argv[1];
const source = '(function (exports, require, module, __filename, __dirname) {' + readFileSync(folder + '/function.js', 'utf8') + '\\n})';
const cachedData = readFileSync(folder + '/function.x64.cache');
const script = new (require('node:vm').Script)(source, { filename: '/var/task/function.js', cachedData });
process.stdout.write(String(!script.cachedDataRejected));
`;

describeOnLambda('compiled code of the inference function', () => {
  const folder = temporaryFolder('compiled');
  const infer = path.join(folder, 'infer');
  beforeAll(async () => {
    await buildFunctions(folder);
    await compileFunctions(folder);
  }, 120_000);

  const taken = (node: string, flags: readonly string[]) =>
    execFileSync(node, [...flags, '-e', TAKEN, infer], { encoding: 'utf8' }) === 'true';

  it('is taken by Lambda’s Node as Lambda starts it, whatever the memory', () => {
    for (const memoryMb of [128, 1769, 10_240]) expect(taken(lambdaNode(), lambdaNodeFlags(memoryMb))).toBe(true);
  });

  it('is left alone by another V8, or one with other flags', () => {
    expect(taken(lambdaNode(), [])).toBe(false);
    if (process.versions.v8.split('.')[0] !== '13') expect(taken(process.execPath, ['--expose-gc'])).toBe(false);
  });

  it('holds what an answer calls, not only what is called at the start', () => {
    expect(readFileSync(path.join(infer, 'function.x64.cache')).length).toBeGreaterThan(1_500_000);
  });
});
