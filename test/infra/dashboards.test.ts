import { describe, expect, it } from 'vitest';
import { modelWidgets } from '../../infra/dashboards/model.ts';
import { BAD, VARIANT_COLOURS } from '../../infra/dashboards/palette.ts';
import { deployedModel } from '../../infra/model-folder.ts';
import { deployment } from './deployment.ts';

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of dashboards are JSON of any form
  readonly properties: any;
}

interface Body {
  readonly widgets: Widget[];
  readonly variables?: readonly Readonly<Record<string, unknown>>[];
}

/** The body as CloudWatch gets it, with what is known only at deployment as `<Name>`. */
function body(dashboard: { Properties: { DashboardBody: unknown } }): Body {
  const resolve = (part: unknown): string => {
    if (typeof part === 'string') return part;
    const [[name, value]] = Object.entries(part as Record<string, unknown>) as [[string, unknown]];
    if (name === 'Fn::Join') return ((value as [string, unknown[]])[1] ?? []).map(resolve).join('');
    return `<${JSON.stringify(value).replace(/\W/g, '')}>`;
  };
  return JSON.parse(resolve(dashboard.Properties.DashboardBody)) as Body;
}

describe('dashboards', () => {
  const deployed = deployment({ runbookUrl: 'https://runbook.example.com' });
  const bodies = new Map(
    deployed
      .filter(({ Type }) => Type === 'AWS::CloudWatch::Dashboard')
      .map((d) => [d.Properties.DashboardName as string, body(d as never)]),
  );
  const dashboards = new Map([...bodies].map(([name, { widgets }]) => [name, widgets]));
  const model = dashboards.get('trimtab_dev_flight-delay')!;
  const overview = dashboards.get('trimtab_dev')!;

  it('are one of each model and one of everything', () => {
    expect([...dashboards.keys()].sort()).toEqual(['trimtab_dev', 'trimtab_dev_flight-delay']);
  });

  it('list what is registered, not what was deployed: graphs of all models search, and one of them can be chosen', () => {
    const { variables = [] } = bodies.get('trimtab_dev')!;
    expect(variables).toEqual([
      {
        id: 'model',
        label: 'Model',
        type: 'pattern',
        inputType: 'select',
        pattern: 'CHOSEN_MODEL',
        defaultValue: '__FIRST',
        search: '{Trimtab,Environment,Model} MetricName="NeedsPerson" Environment="dev"',
        populateFrom: 'Model',
      },
    ]);
    const titled = (title: string) => overview.filter(({ properties }) => String(properties.title).startsWith(title));
    expect(titled('Champions: ')).toHaveLength(3);
    for (const { properties } of titled('Champions: '))
      expect(properties.metrics).toEqual([
        [expect.objectContaining({ expression: expect.stringMatching(/^SEARCH\(.* Variant="champion"/) })],
      ]);
    // What the dashboard of a model shows of its release.
    const shown = (widgets: readonly Widget[]) => new Set(widgets.map(({ properties }) => properties.title));
    for (const title of [
      'Is it wrong?',
      'Is it failing?',
      'Is it slow?',
      'Who answers? By version',
      'Has the world moved?',
    ])
      for (const widgets of [model, overview]) expect(shown(widgets)).toContain(title);
    const graphs = overview.filter(({ type }) => type === 'metric');
    expect(JSON.stringify(graphs)).not.toContain('flight-delay');
    expect(JSON.stringify(graphs).match(/CHOSEN_MODEL/g)!.length).toBeGreaterThan(10);
  });

  it.each([...dashboards])('%s begins with what it is, links that lead on, and its alarms', (_, widgets) => {
    const [header, alarms] = widgets.toSorted((a, b) => a.y - b.y);
    expect(header?.type).toBe('text');
    expect(header?.properties.markdown).toContain('](https://runbook.example.com/README.md)');
    expect(header?.properties.markdown).toMatch(/\]\(https:\/\/[^)]*#dashboards\/dashboard\/trimtab_dev/);
    expect(alarms?.type).toBe('alarm');
  });

  it.each([...dashboards])('%s fills its rows, and nothing lies over anything else', (_, widgets) => {
    for (const { y: row } of widgets)
      expect(widgets.filter(({ y }) => y === row).reduce((sum, { width }) => sum + width, 0)).toBe(24);
    for (const a of widgets)
      for (const b of widgets)
        if (a !== b) {
          const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
          expect(apart).toBe(true);
        }
  });

  it('show every alarm there is', () => {
    const shown = [...dashboards.values()]
      .flat()
      .flatMap(({ type, properties }) => (type === 'alarm' ? properties.alarms : []));
    expect(shown).toHaveLength(deployed.filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm').length);
  });

  it('draw every threshold of a model’s alarms on rates where it goes off', () => {
    const drawn = new Set(
      model.flatMap(
        ({ properties }) => properties.annotations?.horizontal?.map((a: { value: number }) => a.value) ?? [],
      ),
    );
    for (const { metric, threshold } of deployedModel('models/flight-delay/v1').alarmsIn('dev'))
      if (!['LoadFailure', 'StaleRelease'].includes(metric)) expect(drawn, metric).toContain(threshold);
    for (const { properties } of model)
      for (const annotation of properties.annotations?.horizontal ?? []) expect(annotation.color).toBe(BAD);
  });

  it('give the same part of a release the same colour everywhere', () => {
    for (const { properties } of model)
      for (const metric of properties.metrics ?? []) {
        const { label, color } = metric.at(-1) as { label: keyof typeof VARIANT_COLOURS; color?: string };
        if (label in VARIANT_COLOURS) expect(color).toBe(VARIANT_COLOURS[label]);
      }
  });

  it('count rates from zero', () => {
    for (const { type, properties } of [...model, ...overview])
      if (type === 'metric') expect(properties.yAxis.left.min).toBe(0);
  });

  it('refer to alarms of other stacks by name, so that those stacks can give one up', () => {
    const imports = deployed
      .filter(({ Type }) => Type === 'AWS::CloudWatch::Dashboard')
      .map((d) => JSON.stringify(d.Properties));
    for (const text of imports)
      expect(text).not.toMatch(/ImportValue":"[^"]*(Throttles|Silent|DeadLettersAlarm|Expiring)/);
  });

  it('show how sure a model of several classes is, and what its predictions are worth, a graph a metric', () => {
    const folder = {
      name: 'm',
      environment: 'dev',
      definitions: [],
      alarms: [],
      metrics: ['Margin', 'Entropy', 'CacheHit', 'ExplainLatency', 'ExplainFailure', 'RateLimited'],
      business: [{ name: 'revenue', unit: 'EUR' }],
    };
    const rows = modelWidgets(folder, { runbook: 'https://runbook', overview: 'https://overview' });
    const titles = JSON.stringify(rows.flat().flatMap((widget) => widget.toJson()));
    for (const title of ['How sure is it? Margin', 'How sure is it? Entropy', 'What is it worth? revenue'])
      expect(titles).toContain(title);
    expect(titles).toContain('Business.revenue');
    for (const metric of folder.metrics) expect(titles).toContain(`"${metric}"`);
    for (const row of rows) expect(row.reduce((sum, { width }) => sum + width, 0)).toBe(24);
    expect(JSON.stringify(model)).toContain('How sure is it? Score');
    expect(JSON.stringify(model)).not.toContain('How sure is it? Margin');
  });
});
