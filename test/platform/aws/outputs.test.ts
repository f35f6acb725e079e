import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentOfHome } from '../../../platform/aws/outputs.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const stack = (environment: string) => ({
  TRIMTABENVIRONMENT: environment,
  TRIMTABTABLE: `table-${environment}`,
  TRIMTABLABELSSECRET: `labels-${environment}`,
  ExportsOutputRefDataKey: 'key',
});

function file(content: unknown): string {
  const at = path.join(temporaryFolder('outputs'), 'outputs.json');
  writeFileSync(at, typeof content === 'string' ? content : JSON.stringify(content));
  return at;
}

const open = (outputs: string, environment?: string) =>
  environmentOfHome(
    { AWS_REGION: 'eu-central-1', TRIMTAB_ACTOR: 'user:ada', TRIMTAB_BUS: 'of another home' },
    { kind: 'aws', outputs, ...(environment !== undefined && { environment }) },
  );

describe('A home that a file of outputs names', () => {
  const both = { 'Trimtab-dev-Stateful': stack('dev'), 'Trimtab-dev-Serving': { Url: 'u' }, Own: stack('prod') };

  it('has the names of its stack, and none of another home', async () => {
    const { 'Trimtab-dev-Stateful': _, ...alone } = both;
    const expected = {
      AWS_REGION: 'eu-central-1',
      TRIMTAB_ACTOR: 'user:ada',
      TRIMTAB_ENVIRONMENT: 'prod',
      TRIMTAB_TABLE: 'table-prod',
      TRIMTAB_LABELS_SECRET: 'labels-prod',
    };
    expect(await open(file(alone))).toEqual(expected);
    expect(await open(file(both), 'prod')).toEqual(expected);
  });

  it('is refused where it is not there, is not the only one, or the file is none', async () => {
    await expect(open(file(both))).rejects.toThrow(/has the environments dev, prod: say which, as aws:.*#dev$/);
    await expect(open(file(both), 'test')).rejects.toThrow(/has no environment test, there are dev, prod$/);
    await expect(open(file({ Own: { Url: 'u' } }))).rejects.toThrow(/holds no outputs of a stack/);
    for (const content of ['{', '[]', { Own: 'text' }])
      await expect(open(file(content))).rejects.toThrow(
        /is no file of outputs, as `cdk deploy --outputs-file` writes it/,
      );
  });
});
