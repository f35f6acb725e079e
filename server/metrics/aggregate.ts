/** Gauges that are added up because each process counts its own; other gauges have the same value in every process. */
const OWN =
  /^(process_(?!start_time)|nodejs_(?!version_info|eventloop_lag)|trimtab_(queue|runners|request|connections)|nv_inference_pending_)/;

/**
 * Merges the Prometheus expositions of several processes. Samples with the same name and labels are added up when they
 * are counters, histogram buckets or gauges of what each process counts for itself. Of other gauges, such as the revision
 * that is served, the largest value is taken.
 */
export function aggregateExpositions(texts: readonly string[]): string {
  const values = new Map<string, number>();
  /** Family -> its comments and series, in the order in which they are first seen. */
  const families = new Map<string, Set<string>>();
  for (const text of texts) {
    let members = new Set<string>();
    let add = true;
    for (const line of text.split('\n')) {
      if (line === '') continue;
      if (line.startsWith('#')) {
        const [, kind, family = '', type] = line.split(' ', 4);
        members = families.get(family) ?? new Set();
        families.set(family, members);
        members.add(line);
        if (kind === 'TYPE') add = type !== 'gauge' || OWN.test(family);
        continue;
      }
      const space = line.lastIndexOf(' ');
      const series = line.slice(0, space);
      const value = Number(line.slice(space + 1).replace('Inf', 'Infinity'));
      const before = values.get(series);
      members.add(series);
      if (before === undefined) values.set(series, value);
      else values.set(series, add ? before + value : Math.max(before, value));
    }
  }
  const written: string[] = [];
  for (const members of families.values())
    for (const member of members) {
      const value = values.get(member);
      written.push(value === undefined ? member : `${member} ${String(value).replace('Infinity', 'Inf')}`);
    }
  return `${written.join('\n')}\n`;
}

/** An exposition without its gauges: the part that stays valid after its process has ended. */
export function countersOf(text: string): string {
  const kept: string[] = [];
  let help = '';
  let gauge = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('# HELP ')) {
      help = line;
      continue;
    }
    if (line.startsWith('# TYPE ')) {
      gauge = line.endsWith(' gauge');
      if (!gauge) kept.push(help);
    }
    if (!gauge) kept.push(line);
  }
  return kept.join('\n');
}
