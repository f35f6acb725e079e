import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { examplesOf, node, typeCheck } from './app.ts';

const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  peerDependencies: Record<'aws-cdk-lib' | 'constructs', string>;
};
const range = (name: keyof typeof peerDependencies): string => peerDependencies[name];
const lowest = (name: keyof typeof peerDependencies): string => range(name).replace('^', '');

/** What npm has, at both ends of the range that package.json states. */
const ENDS = {
  oldest: [`aws-cdk-lib@${lowest('aws-cdk-lib')}`, `constructs@${lowest('constructs')}`],
  newest: [`aws-cdk-lib@${range('aws-cdk-lib')}`, `constructs@${range('constructs')}`],
};

type Resources = Record<string, { Type: string; Properties?: unknown; DeletionPolicy?: string }>;

/** Resources of all stacks that the examples make, without what the CDK tells of itself. */
function synthesize(app: string): Record<string, Resources> {
  node(app, ['library.mjs'], { CDK_OUTDIR: path.join(app, 'out'), CDK_VALIDATION: 'false' });
  return Object.fromEntries(
    readdirSync(path.join(app, 'out'))
      .filter((file) => file.endsWith('.template.json'))
      .map((file) => {
        const template = JSON.parse(readFileSync(path.join(app, 'out', file), 'utf8')) as { Resources: Resources };
        const kept = Object.entries(template.Resources)
          .filter(([, { Type }]) => Type !== 'AWS::CDK::Metadata')
          // Newer versions tag dashboards, and write the background of texts.
          .map(([id, { Type, Properties, DeletionPolicy }]) => [
            id,
            { Type, DeletionPolicy, Properties: Type === 'AWS::CloudWatch::Dashboard' ? {} : Properties },
          ]);
        return [file, Object.fromEntries(kept) as Resources];
      }),
  );
}

/** An older CDK leaves out what it does not know, without a word: that an app is synthesized says little. */
describe('the package with the oldest and the newest CDK of its range', () => {
  const apps = {} as Record<keyof typeof ENDS, string>;
  beforeAll(() => {
    for (const end of Object.keys(ENDS) as (keyof typeof ENDS)[]) {
      const app = path.join(path.dirname(inject('app')), `cdk-${end}`);
      mkdirSync(app);
      writeFileSync(path.join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
      const npm = ['install', '--prefer-offline', '--no-audit', '--no-fund', inject('tarball'), ...ENDS[end]];
      execFileSync('npm', npm, { cwd: app, stdio: ['ignore', 'ignore', 'inherit'] });
      cpSync(path.join(inject('app'), 'models'), path.join(app, 'models'), { recursive: true });
      writeFileSync(path.join(app, 'library.mjs'), examplesOf('docs/library.md'));
      apps[end] = app;
    }
  });

  it('has the same resources with the same properties', () => {
    const newest = synthesize(apps.newest);
    expect(Object.keys(newest).length).toBeGreaterThan(5);
    expect(synthesize(apps.oldest)).toEqual(newest);
  });

  it.each(Object.keys(ENDS) as (keyof typeof ENDS)[])('has declarations that type-check: %s', (end) => {
    const files = { 'library.ts': examplesOf('docs/library.md') };
    expect(typeCheck(apps[end], files, { skipLibCheck: end === 'oldest' })).toBe('');
  });
});
