import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { beforeAll, describe, expect, it } from 'vitest';
import { Manifest } from '../../core/manifest/manifest.ts';
import { emittedMetrics } from '../../core/observability/emitted-metrics.ts';
import {
  BOOKKEEPING_METRIC,
  DATASET_METRICS,
  type DatasetMetricName,
  JUDGE_METRICS,
  type JudgeMetricName,
  METRICS,
  type MetricName,
  metricOf,
} from '../../core/observability/metric-names.ts';
import { addTrimtab } from '../../infra/add-trimtab.ts';
import { DeploymentConfig } from '../../infra/config.ts';
import type { DataQualityStack } from '../../infra/stacks/data-quality.ts';
import { openLocalHome } from '../../platform/local/home.ts';
import type { Home } from '../../platform/ports.ts';
import { pagingStates } from '../../usecases/release/paging-states.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { addReader, type Readers, usecaseReaders } from './metric-readers.ts';
import { readsOf } from './metric-reads.ts';
import { stackOf, synthesized } from './synthesized.ts';

/** A model that emits every metric there is. */
const RAW = {
  name: 'm',
  contract: { features: [{ name: 'age', type: 'integer', personal: 'hash' }] },
  outputs: [{ name: 'p', meaning: 'probabilities', classes: ['a', 'b', 'c'] }],
  decision: { task: 'binary', output: 'p', column: 0, threshold: 0.5 },
  serving: { cache: { ttlSeconds: 60 } },
  guards: { rateLimit: { perSecond: 1, burst: 1 }, outOfDistribution: { action: 'flag' } },
  explanations: {},
  rollout: { stepSeconds: 1 },
  monitoring: { business: [{ name: 'worth', higherIsBetter: true }] },
};

interface Row {
  readonly unit: string;
  readonly by: readonly string[];
  readonly emittedBy: string;
  readonly readBy: string;
}

const DOCUMENT = readFileSync('docs/observability.md', 'utf8');

/** Rows of the tables of models and of data files, by the metric's name. */
function rowsBelow(heading: string): Map<string, Row> {
  const section = DOCUMENT.split(`\n${heading}\n`)[1]!.split(/\n#/)[0]!;
  const rows = [...section.matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)].map(([, name, rest]) => {
    const [, unit = '', by = '', emittedBy = '', readBy = ''] = rest!.split('|').map((cell) => cell.trim());
    return [name!, { unit, by: by.split(', '), emittedBy: emittedBy.replaceAll('`', ''), readBy }] as const;
  });
  return new Map(rows);
}

const models = rowsBelow('### Of models');
const judged = rowsBelow('### Of the judge');
const bookkeeping = rowsBelow('### Of bookkeeping');
const datasets = rowsBelow('### Of data files');

/** Names of readers in the order in which the table has them. */
const ORDER = ['alarm', 'dashboard', 'judge', 'A/B test', 'shadow', 'status', 'doctor', '/metrics', 'metricRejected'];

describe('metrics in CloudWatch', () => {
  const readers: Readers = new Map();
  let fileReaders: Readers;
  const judgeReaders: Readers = new Map();
  const bookkeepingReaders: Readers = new Map();
  beforeAll(async () => {
    const folder = path.join(temporaryFolder('metrics-table'), 'm');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'model.json'), JSON.stringify(RAW));
    const manifest = Manifest.parse(RAW);
    const home = await openLocalHome(path.join(folder, 'home'));
    for (const [key, names] of await usecaseReaders(home, manifest)) readers.set(key, names);
    const { alarms } = await pagingStates(noting(home, judgeReaders, bookkeepingReaders), home.clock.now());
    expect(alarms).toHaveLength(3);
    await home.close();
    fileReaders = new Map();
    const all = synthesized((app) => addTrimtab(app, DeploymentConfig.parse({ models: [folder] })));
    for (const { by, metric, dimensions } of readsOf(
      all.resources.map(([, resource]) => resource),
      'm',
    )) {
      const { Environment, Model, ...rest } = dimensions;
      const dimension = Object.keys(rest)[0];
      if (metric === BOOKKEEPING_METRIC) addReader(bookkeepingReaders, metric, 'all', by);
      else if (metric in JUDGE_METRICS) addReader(judgeReaders, metric, Model === undefined ? 'all' : 'Model', by);
      else if (Model === undefined) addReader(fileReaders, metric, dimension ?? 'Environment', by);
      else addReader(readers, metric, dimension!, by);
    }
    // What it offers to alarms of others.
    const { validation } = stackOf(all.app, 'Trimtab-dev-DataQuality') as DataQualityStack;
    const { metricName, dimensions = [] } = validation.metricRejected('flights').toMetricConfig().metricStat!;
    expect(dimensions.map(({ name }) => name).sort()).toEqual(['Dataset', 'Environment']);
    addReader(fileReaders, metricName, 'Dataset', 'metricRejected');
  });

  const readersOf = (found: Readers, metric: string): string[] => {
    const names = new Set([...found].filter(([key]) => key.split(' ')[0] === metric).flatMap(([, set]) => [...set]));
    return [...names].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  };

  it('emit under each combination of dimensions what something reads, and nothing else is read', () => {
    const emitted = [
      ...(Object.keys(METRICS) as MetricName[]).flatMap((name) => METRICS[name].by.map((by) => `${name} ${by}`)),
      ...metricOf('Business.worth').by.map((by) => `Business.worth ${by}`),
      ...metricOf('Business.reward').by.map((by) => `Business.reward ${by}`),
    ];
    expect([...readers.keys()].sort()).toEqual(emitted.sort());
    const ofFiles = (Object.keys(DATASET_METRICS) as DatasetMetricName[]).flatMap((name) => [
      `${name} Environment`,
      ...(DATASET_METRICS[name].byDataset ? [`${name} Dataset`] : []),
    ]);
    expect([...fileReaders.keys()].sort()).toEqual(ofFiles.sort());
  });

  it('are all in the table of models, with unit, dimensions and readers', () => {
    expect([...models.keys()]).toEqual([...Object.keys(METRICS), 'Business.<name>']);
    for (const [name, row] of models) {
      const real = name.replace('<name>', 'worth');
      const { unit, by } = metricOf(real as MetricName);
      expect({ name, ...row, emittedBy: '' }).toEqual({
        name,
        unit: unit === 'None' ? '' : unit,
        by: [...by],
        emittedBy: '',
        readBy: readersOf(readers, real).join(', '),
      });
    }
  });

  it('are all in the table of the judge', () => {
    expect([...judged.keys()]).toEqual(Object.keys(JUDGE_METRICS));
    for (const [name, row] of judged) {
      const { unit, byModel } = JUDGE_METRICS[name as JudgeMetricName];
      expect({ name, ...row, emittedBy: '' }).toEqual({
        name,
        unit: unit === 'None' ? '' : unit,
        by: byModel ? ['all', 'Model'] : ['all'],
        emittedBy: '',
        readBy: readersOf(judgeReaders, name).join(', '),
      });
      if (byModel) expect(judgeReaders.get(`${name} Model`)).toEqual(new Set(['dashboard']));
    }
  });

  it('are in the table of bookkeeping', () => {
    expect([...bookkeeping]).toEqual([
      [
        BOOKKEEPING_METRIC,
        {
          unit: '',
          by: ['all'],
          emittedBy: 'core/observability/bookkeeping.ts',
          readBy: readersOf(bookkeepingReaders, BOOKKEEPING_METRIC).join(', '),
        },
      ],
    ]);
  });

  it('are all in the table of data files', () => {
    expect([...datasets.keys()]).toEqual(Object.keys(DATASET_METRICS));
    for (const [name, row] of datasets) {
      const { unit, byDataset } = DATASET_METRICS[name as DatasetMetricName];
      expect({ name, ...row, emittedBy: '' }).toEqual({
        name,
        unit: unit === 'None' ? '' : unit,
        by: byDataset ? ['all', 'Dataset'] : ['all'],
        emittedBy: '',
        readBy: readersOf(fileReaders, name).join(', '),
      });
    }
  });

  it('come from where the tables say', () => {
    for (const [name, { emittedBy }] of [...models, ...judged, ...datasets]) {
      expect(existsSync(emittedBy), `${name}: ${emittedBy}`).toBe(true);
      expect(readFileSync(emittedBy, 'utf8'), name).toContain(name.replace('<name>', ''));
    }
  });

  it('are counted for a model that has them all, but for those of shadows', () => {
    const shadows = ['ShadowDisagreement', 'ShadowDifference'];
    expect(emittedMetrics(Manifest.parse(RAW))).toEqual(Object.keys(METRICS).filter((name) => !shadows.includes(name)));
  });
});

/** A home that notes what it is asked of the judge's metrics. */
const noting = (home: Home, readers: Readers, ofBookkeeping: Readers): Home => ({
  ...home,
  metrics: {
    environment: home.metrics.environment,
    write: () => undefined,
    query: async ({ metric, dimensions }) => {
      const to = metric === BOOKKEEPING_METRIC ? ofBookkeeping : readers;
      addReader(to, metric, 'Model' in dimensions ? 'Model' : 'all', 'status');
      return [];
    },
  },
});

describe('metrics for Prometheus', () => {
  it('are all in the table, and nothing else is', () => {
    const sources = globSync(['core/observability/*.ts', 'server/**/*.ts']).map((file) => readFileSync(file, 'utf8'));
    const emitted = new Set(
      sources.flatMap((text) => [...text.matchAll(/'((?:trimtab|nv|request)_[a-z_]+[a-z])'/g)].map(([, name]) => name)),
    );
    const section = DOCUMENT.split('\n## Metrics for Prometheus\n')[1]!.split('\n## ')[0]!;
    const documented = new Set(
      [...section.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, names]) =>
        [...names!.matchAll(/`((?:trimtab|nv|request)_[^`]+)`/g)].flatMap(([, name]) => alternatives(name!)),
      ),
    );
    expect([...documented].sort()).toEqual([...emitted].sort());
  });
});

/** `a_{b,c}_d` is two names. */
function alternatives(name: string): string[] {
  const match = /^(.*)\{([^}]+)\}(.*)$/.exec(name);
  if (match === null) return [name];
  const [, before, middle, after] = match;
  return middle!.split(',').map((each) => `${before}${each}${after}`);
}
