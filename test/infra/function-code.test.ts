import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { expect, it } from 'vitest';
import { functionCode } from '../../infra/constructs/function-code.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder('code');

/** Synthesizes a function of these files: its key in the bucket of assets, and what is uploaded under it. */
function uploaded(name: string, files: Readonly<Record<string, string>>): { key: string; files: string[] } {
  const source = path.join(folder, name, 'source');
  cpSync('dist/functions/infer', source, { recursive: true, filter: (file) => !file.endsWith('.cache') });
  for (const [file, content] of Object.entries(files)) writeFileSync(path.join(source, file), content);
  const app = new App({ outdir: path.join(folder, name, 'cdk.out') });
  const stack = new Stack(app, 'Stack');
  new LambdaFunction(stack, 'F', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: functionCode(source),
  });
  const { template } = app.synth().stacks[0]!;
  const [fn] = Object.values(template.Resources as Record<string, { Type: string; Properties: never }>).filter(
    ({ Type }) => Type === 'AWS::Lambda::Function',
  );
  const { S3Key } = (fn as unknown as { Properties: { Code: { S3Key: string } } }).Properties.Code;
  const asset = path.join(folder, name, 'cdk.out', `asset.${S3Key.replace(/\.zip$/, '')}`);
  return { key: S3Key, files: existsSync(asset) ? readdirSync(asset) : [] };
}

it('uploads compiled code, and does not deploy anew for its sake', () => {
  const without = uploaded('without', {});
  const first = uploaded('first', { 'function.x64.cache': 'compiled once' });
  const second = uploaded('second', { 'function.x64.cache': 'compiled again, otherwise' });
  expect(first.files).toContain('function.x64.cache');
  expect([first.key, second.key]).toEqual([without.key, without.key]);
});

it('deploys anew when the code has changed', () => {
  expect(uploaded('other', { 'function.js': 'exports.handler = 1' }).key).not.toBe(uploaded('as-is', {}).key);
});
