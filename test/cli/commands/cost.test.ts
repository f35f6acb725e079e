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
