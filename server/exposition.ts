/** One family of samples in Prometheus' text format. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[];
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export const exposition = (families: readonly Family[]): string =>
  families
    .map(({ name, type, help, samples }) =>
      [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} ${type}`,
        ...samples.map(({ labels = {}, value }) => `${name}${labelText(labels)} ${value}`),
        '',
      ].join('\n'),
    )
    .join('');

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/**
 * The expositions of several processes as one: samples of the same name and labels are added up, which is right for
 * counters, for the buckets of histograms, and for gauges that count things.
 */
export function summed(texts: readonly string[]): string {
  if (texts.length === 1) return texts[0]!;
  /** Series, and the comments before its family, in the order in which they are first seen. */
  const lines = new Map<string, number | undefined>();
  const families = new Map<string, string[]>();
  for (const text of texts) {
    let family = '';
    for (const line of text.split('\n')) {
      if (line === '') continue;
      if (line.startsWith('#')) {
        family = line.split(' ', 3)[2] ?? '';
        const members = families.get(family) ?? [];
        families.set(family, members);
        if (!lines.has(line)) {
          lines.set(line, undefined);
          members.push(line);
        }
        continue;
      }
      const space = line.lastIndexOf(' ');
      const series = line.slice(0, space);
      const members = families.get(family) ?? [];
      families.set(family, members);
      if (!lines.has(series)) members.push(series);
      lines.set(series, (lines.get(series) ?? 0) + Number(line.slice(space + 1)));
    }
  }
  const written: string[] = [];
  for (const members of families.values())
    for (const member of members) {
      const value = lines.get(member);
      written.push(value === undefined ? member : `${member} ${value}`);
    }
  return `${written.join('\n')}\n`;
}
