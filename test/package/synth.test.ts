import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { FUNCTIONS } from '../../functions/index.ts';
import { examplesOf, node, tool } from './app.ts';

interface Asset {
  readonly S3Key: string;
}
interface Resource {
  readonly Type: string;
  readonly Properties: {
    readonly Architectures?: readonly string[];
    readonly Code?: Asset;
    readonly CompatibleArchitectures?: readonly string[];
    readonly Content?: Asset;
    readonly Description?: string;
    readonly Layers?: readonly { readonly Ref: string }[];
  };
}

const app = inject('app');

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/** A stack of an assembly: its resources, and the file or folder of an asset. */
function stackOf(assembly: string, name: string) {
  const json = (file: string) => JSON.parse(readFileSync(path.join(app, assembly, `${name}.${file}.json`), 'utf8'));
  const { Resources } = json('template') as { Resources: Record<string, Resource> };
  const { files } = json('assets') as { files: Record<string, { source: { path: string } }> };
  return {
    resources: Resources,
    ofType: (type: string) => Object.values(Resources).filter((resource) => resource.Type === type),
    assetOf: ({ S3Key }: Asset) => path.join(app, assembly, files[path.parse(S3Key).name]!.source.path),
  };
}

/** Holds functions and layers against what was built in this checkout. @returns how many functions there are */
function assertOurs({ resources, ofType, assetOf }: ReturnType<typeof stackOf>): number {
  const functions = ofType('AWS::Lambda::Function');
  for (const { Properties } of functions) {
    const { name, layers } = FUNCTIONS.find(({ description }) => description === Properties.Description)!;
    for (const file of readdirSync(`dist/functions/${name}`))
      expect(sha256(path.join(assetOf(Properties.Code!), file)), `${name}/${file}`).toBe(
        sha256(`dist/functions/${name}/${file}`),
      );
    expect(Properties.Layers ?? [], name).toHaveLength(layers.length);
    for (const [i, { Ref }] of (Properties.Layers ?? []).entries()) {
      const layer = resources[Ref]!.Properties;
      expect(layer.CompatibleArchitectures, `${name} and its layer`).toEqual(Properties.Architectures);
      const architecture = Properties.Architectures![0] === 'arm64' ? 'arm64' : 'x64';
      expect(sha256(assetOf(layer.Content!))).toBe(sha256(`dist/layers/${layers[i]}-${architecture}.zip`));
    }
  }
  return functions.length;
}

describe('the package in somebody else’s app', () => {
  it('synthesizes the five lines of the README by the CDK command line, with CDK’s own validation', () => {
    writeFileSync(path.join(app, 'app.mjs'), examplesOf('README.md'));
    const cdk = tool('aws-cdk', 'bin', 'cdk');
    node(app, [cdk, 'synth', '--quiet', '--app', 'node app.mjs', '--output', 'readme.out']);
    expect(assertOurs(stackOf('readme.out', 'Models'))).toBe(1);
  });

  describe('with all that docs/library.md shows', () => {
    beforeAll(() => {
      writeFileSync(path.join(app, 'library.mjs'), examplesOf('docs/library.md'));
      node(app, ['library.mjs'], { CDK_OUTDIR: path.join(app, 'library.out'), CDK_VALIDATION: 'false' });
    });

    it('deploys functions and layers as they were built here, for the processor that was asked for', () => {
      const models = stackOf('library.out', 'Models');
      // Three endpoints, validation, twice drift and ground truth, rollback, advance.
      expect(assertOurs(models)).toBe(10);
      const architectures = models
        .ofType('AWS::Lambda::Function')
        .map(({ Properties }) => Properties.Architectures![0]);
      expect(architectures.filter((name) => name === 'arm64')).toHaveLength(1);
      expect(assertOurs(stackOf('library.out', 'Elsewhere'))).toBe(1);
      // Validation, drift, ground truth, replay.
      expect(assertOurs(stackOf('library.out', 'Trimtab-staging-DataQuality'))).toBe(4);
    });

    it('makes alarms of a model folder of that app', () => {
      const alarms = stackOf('library.out', 'Models').ofType('AWS::CloudWatch::Alarm');
      expect(JSON.stringify(alarms)).toContain('trimtab.dev.flight-delay.challenger.PredictionError');
    });
  });

  describe('with the recipes of pipelines', () => {
    const place = { region: 'eu-central-1', models: ['models/flight-delay'] };
    const environments = {
      staging: { ...place, account: '111122223333' },
      live: { ...place, account: '444455556666' },
    };

    beforeAll(() => {
      writeFileSync(path.join(app, 'trimtab.config.json'), JSON.stringify({ environments }));
      writeFileSync(path.join(app, 'recipes.mjs'), examplesOf('docs/recipes/README.md'));
      try {
        node(app, ['recipes.mjs'], { CDK_OUTDIR: path.join(app, 'recipes.out'), CDK_VALIDATION: 'false' });
      } finally {
        rmSync(path.join(app, 'trimtab.config.json'));
      }
    });

    it('deploys by CDK Pipelines to one environment after the other, each after the first once it is approved', () => {
      const [pipeline] = stackOf('recipes.out', 'Pipeline').ofType('AWS::CodePipeline::Pipeline');
      const { Stages } = pipeline!.Properties as unknown as { Stages: { Name: string; Actions: { Name: string }[] }[] };
      expect(Stages.map(({ Name }) => Name)).toEqual([
        'Source',
        'Build',
        'UpdatePipeline',
        'Assets',
        'Trimtab-staging',
        'Trimtab-live',
      ]);
      const approvals = Stages.map(({ Actions }) => Actions.filter(({ Name }) => Name.startsWith('Approve-')).length);
      expect(approvals).toEqual([0, 0, 0, 0, 0, 1]);
    });

    it('has the stacks of each environment in its stage, by their names, where it is', () => {
      for (const [name, { account, region }] of Object.entries(environments)) {
        const assembly = path.join(app, 'recipes.out', `assembly-Trimtab-${name}`);
        const { artifacts } = JSON.parse(readFileSync(path.join(assembly, 'manifest.json'), 'utf8')) as {
          artifacts: Record<string, { type: string; environment?: string; properties?: { stackName?: string } }>;
        };
        const stacks = Object.values(artifacts).filter(({ type }) => type === 'aws:cloudformation:stack');
        expect(stacks.map(({ properties }) => properties?.stackName).sort()).toEqual(
          ['DataQuality', 'Monitoring', 'Serving', 'Stateful'].map((stack) => `Trimtab-${name}-${stack}`),
        );
        for (const { environment } of stacks) expect(environment).toBe(`aws://${account}/${region}`);
      }
    });

    it('gives GitLab a role that its default branch alone may take on', () => {
      const [role] = stackOf('recipes.out', 'GitLab').ofType('AWS::IAM::Role');
      const trust = role!.Properties as unknown as {
        AssumeRolePolicyDocument: { Statement: { Condition: unknown }[] };
      };
      expect(trust.AssumeRolePolicyDocument.Statement.map(({ Condition }) => Condition)).toEqual([
        {
          StringEquals: {
            'gitlab.com:aud': 'https://gitlab.com',
            'gitlab.com:sub': 'project_path:acme/models:ref_type:branch:ref:main',
          },
        },
      ]);
    });
  });

  it('can be required where ES modules cannot', () => {
    writeFileSync(
      path.join(app, 'app.cjs'),
      `const { App, Stack } = require('aws-cdk-lib');
       const { ModelEndpoint } = require('trimtab');
       const stack = new Stack(new App(), 'Models');
       console.log(new ModelEndpoint(stack, 'Endpoint').node.path);`,
    );
    expect(node(app, ['--no-experimental-require-module', 'app.cjs']).trim()).toBe('Models/Endpoint');
  });
});
