import type { SideBySide } from '../../core/replay/side-by-side.ts';

const SOURCES: Readonly<Record<SideBySide['source'], string>> = {
  joined: 'captured requests whose truths are known',
  captures: 'captured requests',
  reference: 'rows of a reference, whose truths are not kept',
};

/** What a version and the champion said about the same rows, as lines of text. */
export function besideLines(beside: SideBySide | null): string[] {
  if (beside === null) return [];
  const { champion, source, rows, disagreement, rankCorrelation, metrics } = beside;
  const said = [
    `beside version ${champion} on ${rows} ${SOURCES[source]}`,
    ...(disagreement === null ? [] : [`${percent(disagreement)} decided otherwise`]),
    ...(rankCorrelation === null ? [] : [`rank correlation ${rankCorrelation.toFixed(3)}`]),
  ];
  const values = Object.entries(metrics).flatMap(([name, { champion: of, version }]) =>
    of.value === null || version.value === null
      ? []
      : [`            ${name} ${formatMetric(version)}, version ${champion} ${formatMetric(of)}`],
  );
  return [`  beside    ${said.join(', ')}`, ...values];
}

type SideMetric = SideBySide['metrics'][string]['champion'];

function formatMetric({ value, low, high }: SideMetric): string {
  const interval = low === null || high === null ? '' : ` (${number(low)} to ${number(high)})`;
  return `${number(value!)}${interval}`;
}

const number = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
