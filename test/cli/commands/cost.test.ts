import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../../cli/main.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const folder = temporaryFolder('cost');

async function trimtab(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const status = await main(argv, { out: (t) => out.push(t), err: (t) => err.push(t), env: {} });
  return { status, out: out.join('\n'), err: err.join('\n') };
}

function config(content: unknown): string {
  const file = path.join(folder, 'trimtab.config.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const NONE = path.join(folder, 'none.json');

describe('trimtab cost', () => {
  it('prints what the documentation shows', async () => {
    const { status, out } = await trimtab('cost', '--config', NONE);
    expect(status).toBe(0);
    expect(readFileSync('docs/cost.md', 'utf8')).toContain(`\`\`\`text\n${out}\n\`\`\``);
  });

  it('prices the configuration that is deployed', async () => {
    const file = config({
      environments: {
        prod: {
          account: '111111111111',
          region: 'eu-central-1',
          architecture: 'arm64',
          endpoint: { memoryMb: 1024, provisionedConcurrency: { min: 3, max: 9 } },
        },
        staging: { account: '222222222222', region: 'eu-west-3' },
      },
    });
    const { out } = await trimtab('cost', '--config', file, '--environment', 'prod', '--models', '4', '--json');
    const found = JSON.parse(out) as {
      region: string;
      deployment: Record<string, unknown>;
      groups: { title: string }[];
    };
    expect(found).toMatchObject({
      region: 'eu-central-1',
      deployment: { architecture: 'arm64', memoryMb: 1024, provisioned: 3, alarms: 27 },
    });
    expect(found.groups[1]?.title).toBe('4 models, a month');
    const staging = await trimtab('cost', '--config', file, '--environment', 'staging');
    expect(staging.out).toContain(
      'There is no list for eu-west-3 (there are: us-east-1, eu-central-1): these are not its prices.',
    );
    const elsewhere = await trimtab('cost', '--config', file, '--environment', 'staging', '--region', 'eu-central-1');
    expect(elsewhere.out).toMatch(/^List prices of eu-central-1 as of/);
  });

  it('is what the README says', async () => {
    const { total, groups } = JSON.parse((await trimtab('cost', '--config', NONE, '--json')).out) as {
      total: number;
      groups: { total: number }[];
    };
    const [, month, million] = /about \$(\d+) with one model, and \$(\d+) a million predictions/.exec(
      readFileSync('README.md', 'utf8'),
    )!;
    const predictions = groups[2]!.total;
    expect(Math.round(predictions)).toBe(Number(million));
    expect(Math.round(total - predictions)).toBe(Number(month));
  });

  it('counts what else is configured, or says what it does not count', async () => {
    const arn = 'arn:aws:kms:us-east-1:111111111111:key/ab';
    const webAclArn = `arn:aws:wafv2:us-east-1:111111111111:global/webacl/acl/${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`;
    const file = config({ webAclArn, encryptionKeyArn: arn, tracing: true });
    const { deployment } = JSON.parse((await trimtab('cost', '--config', file, '--json')).out) as {
      deployment: Record<string, unknown>;
    };
    expect(deployment).toMatchObject({ keys: 0, secrets: 3 });
    expect((await trimtab('cost', '--config', file)).out).toContain(
      'Not counted of what is configured: CloudFront (requests, data) and the web ACL with its rules; traces of X-Ray; your own key',
    );
  });

  it('knows nothing of models that are like none', async () => {
    const file = config({ models: [] });
    const { status, err } = await trimtab('cost', '--config', file, '--models', '3');
    expect(status).toBe(2);
    expect(err).toContain('--models are taken to be like those of the configuration, and');
    expect((await trimtab('cost', '--config', file)).status).toBe(0);
  });

  it.each([
    ['--predictions', 'many', "--predictions is a number from 0, received 'many'"],
    ['--gb', '-1', "--gb is a number from 0, received '-1'"],
    ['--rows-per-request', '0', "--rows-per-request is a number from 1, received '0'"],
    ['--models', '1.5', "--models is a whole number from 0, received '1.5'"],
    ['--region', 'moon-1', "--region is one that there are prices of: us-east-1, eu-central-1, received 'moon-1'"],
    ['--environment', 'moon', 'no environment moon, there are: dev'],
  ])('refuses %s %s', async (option, value, message) => {
    const { status, err } = await trimtab('cost', '--config', NONE, `${option}=${value}`);
    expect(status).toBe(2);
    expect(err).toContain(message);
  });
});
