import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CAUSES } from '../../core/judge/causes.ts';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { deployment } from './deployment.ts';

const FOLDER = 'docs/runbook';
/** Pages of what the judge asks, to which no alarm leads by itself. */
const ASKED = [...Object.values(CAUSES).map(({ runbook }) => runbook), 'rollback-unseen.md'];
const HEADINGS = ['What it means', 'What happened by itself', 'What to do'];

interface Alarm {
  /** Its name, or the logical id that CloudFormation makes one of. */
  readonly name: string;
  readonly description: string;
  readonly properties: Record<string, unknown>;
}

const alarmsOf = (config: Parameters<typeof deployment>[0]): Alarm[] =>
  deployment(config)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ id, Properties: properties }) => ({
      name: String(properties.AlarmName ?? id),
      description: String(properties.AlarmDescription),
      properties,
    }));

const page = (alarm: Alarm): string => /; runbook: (\S+)$/.exec(alarm.description)?.[1] ?? `${alarm.name} has none`;

describe('the runbook', () => {
  // Everything that makes an alarm is switched on, fields that are kept hashed included.
  const personal = temporaryFolder('personal');
  const manifest = JSON.parse(readFileSync('models/flight-delay/v1/model.json', 'utf8')) as Manifest;
  manifest.contract.features[0]!.personal = 'hash';
  writeFileSync(path.join(personal, 'model.json'), JSON.stringify(manifest));
  const alarms = alarmsOf({
    models: [personal],
    alarmEmail: 'on-call@example.com',
    endpoint: { provisionedConcurrency: { min: 1, max: 2 } },
  });
  const pages = readdirSync(FOLDER).filter((name) => name !== 'README.md');
  const index = readFileSync(path.join(FOLDER, 'README.md'), 'utf8');

  it('has a page for every alarm of every stack and every cause, and no page that belongs to none', () => {
    expect(alarms.length).toBeGreaterThan(25);
    const wanted = new Set([...alarms.map(page), ...ASKED.map((name) => `${FOLDER}/${name}`)]);
    expect([...wanted].sort()).toEqual(pages.map((name) => `${FOLDER}/${name}`).sort());
  });

  it.each(pages)('says on %s what it means, what happened by itself and what to do', (name) => {
    const text = readFileSync(path.join(FOLDER, name), 'utf8');
    const [title, ...sections] = text.split(/^## /m);
    expect(title).toMatch(/^# .+\n/);
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual(HEADINGS);
    for (const section of sections) expect(section.slice(section.indexOf('\n')).trim()).not.toBe('');
    expect(sections.at(-1)).toMatch(/^1\. /m);
  });

  it('lists every alarm and every page in its index', () => {
    for (const name of pages) expect(index).toContain(`](${name})`);
    const rows = [...index.matchAll(/^\| `([^`]+)`.*?\]\(([a-z-]+\.md)\)/gm)].map(([, name = '', file]) => ({
      pattern: new RegExp(
        `^${name
          .replaceAll('.', '\\.')
          .replaceAll(/<(environment|model|variant)>/g, '[^.]+')
          .replaceAll('…', '.*')}$`,
      ),
      file,
    }));
    for (const alarm of alarms) {
      const row = rows.filter(({ pattern }) => pattern.test(alarm.name));
      expect(
        row.map(({ file }) => `${FOLDER}/${file}`),
        alarm.name,
      ).toEqual([page(alarm)]);
    }
    for (const { pattern } of rows)
      expect(
        alarms.some(({ name }) => pattern.test(name)),
        `${pattern}`,
      ).toBe(true);
  });

  it('has links that lead somewhere', () => {
    for (const name of [...pages, 'README.md']) {
      const links = readFileSync(path.join(FOLDER, name), 'utf8').matchAll(/\]\(([^)]+)\)/g);
      for (const [, to] of links)
        expect(existsSync(path.join(FOLDER, to!.split('#')[0]!)), `${name}: ${to}`).toBe(true);
    }
  });

  it('is reached by a link that can be followed, where its address is given', () => {
    const elsewhere = alarmsOf({ runbookUrl: 'https://runbook.example.com/trimtab/' });
    for (const alarm of elsewhere)
      expect(page(alarm)).toMatch(/^https:\/\/runbook\.example\.com\/trimtab\/[a-z-]+\.md$/);
  });

  it('is on alarms of one metric each; those of models page nobody, and all others do', () => {
    for (const { name, properties } of alarms) {
      expect(properties.Metrics, name).toBeUndefined();
      expect(properties.MetricName, name).toBeDefined();
      const actions = JSON.stringify(properties.AlarmActions ?? []);
      expect(actions.includes('OnCallTopic'), name).toBe(!name.startsWith('trimtab.'));
    }
  });

  it('is on one alarm of each environment for what the judge asks, and one for its heartbeat and for bookkeeping, with an OK', () => {
    const cleared = alarms.filter(({ properties }) => properties.OKActions !== undefined);
    expect(cleared.map(({ name }) => name).sort()).toEqual([
      'Trimtab-dev-BookkeepingFailure',
      'Trimtab-dev-JudgeHeartbeat',
      'Trimtab-dev-NeedsPerson',
    ]);
    for (const { properties } of cleared) {
      expect(JSON.stringify(properties.OKActions)).toContain('OnCallTopic');
      expect(properties.Dimensions).toEqual([{ Name: 'Environment', Value: 'dev' }]);
    }
  });

  it('takes silence of the judge and of a schedule for an alarm, once they had time to begin', () => {
    const silent = alarms.filter(({ properties }) => properties.TreatMissingData === 'breaching');
    expect(silent.map(({ name }) => name).sort()).toEqual([
      'Trimtab-dev-DataQuality-DriftDriftSilent0',
      'Trimtab-dev-DataQuality-DriftGroundTruthSilent0',
      'Trimtab-dev-DataQuality-ReplaysReplaySilent0',
      'Trimtab-dev-JudgeHeartbeat',
    ]);
    for (const { name, properties } of silent) {
      const window = Number(properties.Period) * Number(properties.EvaluationPeriods);
      const { WarmUpPeriodDurationInMinutes: minutes } = properties.WarmUpConfiguration as Record<string, number>;
      expect(60 * minutes!, name).toBeGreaterThanOrEqual(window);
    }
    // Without a look nothing is known of what is asked.
    for (const { name, properties } of alarms.filter((alarm) => !silent.includes(alarm)))
      expect(properties.TreatMissingData, name).toBe(name.endsWith('-NeedsPerson') ? 'ignore' : 'notBreaching');
  });
});
