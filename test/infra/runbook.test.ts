import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../core/manifest/manifest.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { deployment } from './deployment.ts';

const FOLDER = 'docs/runbook';
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

  it('has a page for every alarm of every stack, and no page that belongs to none', () => {
    expect(alarms.length).toBeGreaterThan(25);
    expect([...new Set(alarms.map(page))].sort()).toEqual(pages.map((name) => `${FOLDER}/${name}`).sort());
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
      for (const [, to] of links) expect(existsSync(path.join(FOLDER, to!)), `${name}: ${to}`).toBe(true);
    }
  });

  it('is reached by a link that can be followed, where its address is given', () => {
    const elsewhere = alarmsOf({ runbookUrl: 'https://runbook.example.com/trimtab/' });
    for (const alarm of elsewhere)
      expect(page(alarm)).toMatch(/^https:\/\/runbook\.example\.com\/trimtab\/[a-z-]+\.md$/);
  });

  it('is on alarms of one metric each, and each tells whoever is on call', () => {
    for (const { name, properties } of alarms) {
      expect(properties.Metrics, name).toBeUndefined();
      expect(properties.MetricName, name).toBeDefined();
      expect(properties.AlarmActions, name).toHaveLength(1);
      expect(JSON.stringify(properties.AlarmActions), name).toContain('OnCallTopic');
    }
  });

  it('takes silence of a schedule for an alarm, and silence of anything else for peace', () => {
    for (const { name, properties } of alarms)
      expect(properties.TreatMissingData, name).toBe(/Silent\d/.test(name) ? 'breaching' : 'notBreaching');
    expect(alarms.filter(({ name }) => /Silent\d/.test(name))).toHaveLength(3);
  });
});
