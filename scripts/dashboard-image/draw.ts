import type { AlarmState } from '../../core/alarms/alarm.ts';
import { escapeHtml } from '../../core/report/text.ts';
import { type TimeSeries, timeChart } from '../../core/report/time-chart.ts';
import type { Widget } from './body.ts';

/** Pixels of a column and a row. */
const COLUMN = 60;
const ROW = 46;
const GAP = 10;

export interface Drawn {
  readonly title: string;
  readonly from: number;
  readonly to: number;
  /** Values of a widget's metrics; undefined where the metric is not one that a local home has. */
  readonly series: (widget: Widget) => Promise<readonly TimeSeries[] | undefined>;
  /** State of an alarm at the end. */
  readonly alarm: (name: string) => AlarmState;
}

/** A dashboard as a page, laid out as CloudWatch lays it out. */
export async function drawDashboard(widgets: readonly Widget[], drawn: Drawn): Promise<string> {
  const boxes = await Promise.all(widgets.map(async (widget) => box(widget, await inside(widget, drawn))));
  const height = Math.max(...widgets.map(({ y, height: rows }) => y + rows)) * ROW + GAP;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(drawn.title)}</title><style>
body{margin:0;background:#eef1f4;color:#1c2430;font:13px/1.35 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{position:relative;width:${24 * COLUMN + GAP}px;height:${height}px}
section{position:absolute;background:#fff;border:1px solid #d5dbe2;border-radius:6px;overflow:hidden;box-sizing:border-box;padding:8px 10px}
h2{font-size:13px;margin:0 0 2px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}h2 small{color:#5d6b7c;font-weight:400;float:right}
h1{font-size:19px;margin:0 0 4px}p{margin:0}a{color:#2b6cb0}code{background:#eef1f4;border-radius:3px;padding:0 4px}
.key{position:absolute;bottom:5px;left:12px;font-size:11.5px;color:#5d6b7c}.key i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 4px 0 10px;vertical-align:-1px}
.alarms{display:grid;grid-template-columns:repeat(6,1fr);gap:5px;margin-top:4px}.alarms div{border-radius:4px;padding:4px 8px;border:1px solid;font-size:11.5px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.OK{color:#1a7f4b;border-color:#9fd2b7!important;background:#f0f9f4}.ALARM{color:#fff;background:#b3261e;border-color:#b3261e!important;font-weight:600}.INSUFFICIENT_DATA{color:#5d6b7c;border-color:#d5dbe2!important}
.none{color:#8a94a3;display:flex;align-items:center;justify-content:center;height:70%}
</style></head><body><main>${boxes.join('\n')}</main></body></html>\n`;
}

const box = ({ x, y, width, height }: Widget, html: string): string =>
  `<section style="left:${x * COLUMN + GAP}px;top:${y * ROW + GAP}px;width:${width * COLUMN - GAP}px;height:${height * ROW - GAP}px">${html}</section>`;

async function inside(widget: Widget, drawn: Drawn): Promise<string> {
  const { markdown = '', title = '', alarms = [], yAxis } = widget.properties;
  switch (widget.type) {
    case 'text':
      return prose(markdown);
    case 'alarm': {
      const names = alarms.map((arn) => arn.split(':').at(-1)!);
      const cells = names.map((name) => {
        const state = drawn.alarm(name);
        return `<div class="${state}" title="${state}">${state === 'ALARM' ? '▲ ' : ''}${escapeHtml(name.replace(/^trimtab-(dev-)?/i, ''))}</div>`;
      });
      return `<h2>${escapeHtml(title)}</h2><div class="alarms">${cells.join('')}</div>`;
    }
    default: {
      const heading = `<h2>${escapeHtml(title)} <small>${escapeHtml(yAxis?.left?.label ?? '')}</small></h2>`;
      const series = await drawn.series(widget);
      if (series === undefined) return `${heading}<div class="none">measured by AWS, not by a local home</div>`;
      const key = series.map(({ label, colour }) => `<i style="background:${colour}"></i>${escapeHtml(label)}`);
      return `${heading}${chart(widget, series, drawn)}<div class="key">${key.join('')}</div>`;
    }
  }
}

function chart({ width, height, properties }: Widget, series: readonly TimeSeries[], { from, to }: Drawn): string {
  const { stacked = false, annotations, yAxis } = properties;
  return timeChart(series, {
    from,
    to,
    width: width * COLUMN - GAP - 22,
    height: height * ROW - GAP - 58,
    stacked,
    ...(yAxis?.left?.max === undefined ? {} : { max: yAxis.left.max }),
    lines: (annotations?.horizontal ?? []).map(({ value, label = '', color = '#b3261e' }) => ({
      value,
      label,
      colour: color,
    })),
  });
}

/** As much of Markdown as the dashboards have: a heading, links, code. */
function prose(markdown: string): string {
  const [first = '', ...rest] = markdown.split('\n');
  const inline = (text: string): string =>
    escapeHtml(text)
      .replace(/\[([^\]]+)\]\([^)]+\)/g, '<a>$1</a>')
      .replace(/`([^`]+)`/g, '<code>$1</code>');
  return `<h1>${inline(first.replace(/^# /, ''))}</h1><p>${inline(rest.join(' '))}</p>`;
}
