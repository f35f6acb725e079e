import { escapeHtml } from './text.ts';

/** Values of one thing over time. */
export interface TimeSeries {
  readonly label: string;
  readonly colour: string;
  /** In order. Gaps are bridged, as CloudWatch does. */
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

export interface TimeChartOptions {
  /** Begin and end of the axis, milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly height: number;
  /** Lines across, such as thresholds. */
  readonly lines?: readonly { readonly value: number; readonly label: string; readonly colour: string }[];
  /** Draw series on top of each other. @default false */
  readonly stacked?: boolean;
  /** Largest value of the axis. @default that of the data and the lines */
  readonly max?: number;
}

const LEFT = 44;
const BOTTOM = 20;
const TOP = 8;
const RIGHT = 10;

/** A chart over time, from zero, as SVG that needs nothing but itself. */
export function timeChart(series: readonly TimeSeries[], options: TimeChartOptions): string {
  const { from, to, width, height, lines = [], stacked = false } = options;
  const drawn = stacked ? stackSeries(series) : series.map((one) => ({ ...one, base: undefined }));
  const largest = Math.max(
    ...drawn.flatMap(({ points }) => points.map(({ value }) => value)),
    ...lines.map(({ value }) => value),
    0,
  );
  const max = options.max ?? ceiling(largest);
  const x = (at: number): string => (LEFT + ((at - from) / (to - from)) * (width - LEFT - RIGHT)).toFixed(1);
  const y = (value: number): string => (TOP + (1 - Math.min(1, value / max)) * (height - TOP - BOTTOM)).toFixed(1);

  const grid = [0, 0.5, 1].map((share) => {
    const at = y(share * max);
    return `<line x1="${LEFT}" x2="${width - RIGHT}" y1="${at}" y2="${at}" stroke="#e4e8ed"/><text x="${LEFT - 6}" y="${Number(at) + 4}" text-anchor="end">${short(share * max)}</text>`;
  });
  const times = ticks(from, to).map(
    (at) =>
      `<text x="${x(at)}" y="${height - 5}" text-anchor="middle">${new Date(at).toISOString().slice(11, 19)}</text>`,
  );
  const thresholds = lines.map(
    ({ value, label, colour }) =>
      `<line x1="${LEFT}" x2="${width - RIGHT}" y1="${y(value)}" y2="${y(value)}" stroke="${colour}" stroke-dasharray="5 4"/>` +
      `<text x="${LEFT + 4}" y="${Number(y(value)) - 4}" style="fill:${colour}">${escapeHtml(label)} ${short(value)}</text>`,
  );
  const shapes = drawn.map(({ colour, points, base }) => {
    if (points.length === 0) return '';
    if (points.length === 1)
      return `<circle cx="${x(points[0]!.at)}" cy="${y(points[0]!.value)}" r="3.5" fill="${colour}"/>`;
    const path = points.map(({ at, value }, i) => `${i === 0 ? 'M' : 'L'}${x(at)} ${y(value)}`).join('');
    if (base === undefined)
      return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`;
    const back = points.toReversed().map(({ at }) => `L${x(at)} ${y(base.get(at) ?? 0)}`);
    return `<path d="${path}${back.join('')}Z" fill="${colour}" fill-opacity="0.75"/>`;
  });
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-size="11" fill="#5d6b7c">${grid.join('')}${shapes.join('')}${thresholds.join('')}${times.join('')}</svg>`;
}

/** Each series upon those before it. */
function stackSeries(series: readonly TimeSeries[]): (TimeSeries & { base: Map<number, number> })[] {
  const tops = new Map<number, number>();
  return series.map((one) => {
    const base = new Map<number, number>();
    const points = one.points.map(({ at, value }) => {
      base.set(at, tops.get(at) ?? 0);
      const top = (tops.get(at) ?? 0) + value;
      tops.set(at, top);
      return { at, value: top };
    });
    return { ...one, points, base };
  });
}

/** The next of 1, 2, 2.5, 5, 10 and 20 times a power of ten, with a little room. */
function ceiling(value: number): number {
  if (!(value > 1e-12)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 2.5, 5, 10, 20].find((step) => step * power >= value * 1.02)!;
}

/** Three to five round instants. */
function ticks(from: number, to: number): number[] {
  const step = [10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400]
    .map((seconds) => seconds * 1_000)
    .find((ms) => (to - from) / ms <= 5)!;
  const found: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
  return found.filter((at) => at - from > step / 4 && to - at > step / 4);
}

const short = (value: number): string =>
  value >= 1_000 ? `${Number((value / 1_000).toPrecision(3))}k` : String(Number(value.toPrecision(3)));
