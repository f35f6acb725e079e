/** Numbers as times: seconds and milliseconds since 1970 in UTC. */
const EPOCHS = ['epoch-s', 'epoch-ms'];

export const isEpoch = (format: string): boolean => EPOCHS.includes(format);

/** Whether what is written so says its zone itself. */
export const hasZone = (format: string): boolean => isEpoch(format) || format.includes('%z');

/**
 * Directives of strptime that mean the same everywhere, to Python and to the engine of files, with what they stand for:
 * the engine itself takes 24 for a year of %Y, the 24th.
 */
const DIRECTIVES: Readonly<Record<string, string>> = {
  Y: '[0-9]{4}',
  y: '[0-9]{2}',
  m: '[0-9]{1,2}',
  d: '[0-9]{1,2}',
  j: '[0-9]{1,3}',
  b: '[A-Za-z]{3}',
  B: '[A-Za-z]+',
  H: '[0-9]{1,2}',
  I: '[0-9]{1,2}',
  p: '[AaPp][Mm]',
  M: '[0-9]{1,2}',
  S: '[0-9]{1,2}',
  f: '[0-9]{1,6}',
  // As of ISO 8601: less than a day from UTC.
  z: '[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9]',
  '%': '%',
};
const DATES = [
  ['Y', 'm', 'd'],
  ['y', 'm', 'd'],
  ['Y', 'b', 'd'],
  ['Y', 'B', 'd'],
  ['y', 'b', 'd'],
  ['Y', 'j'],
];

/** What is wrong with how a contract says that times are written; undefined when nothing is. */
export function timeFormatsProblem(formats: readonly string[], zone: string | undefined): string | undefined {
  if (zone !== undefined && !isZone(zone)) return `${zone} is no time zone such as Europe/Berlin or UTC`;
  for (const format of formats) {
    if (isEpoch(format)) continue;
    const found = [...format.matchAll(/%(.?)/g)].map(([, directive]) => directive!);
    const unknown = found.find((directive) => !Object.hasOwn(DIRECTIVES, directive));
    if (unknown !== undefined)
      return `${format} has %${unknown}, which is none of ${Object.keys(DIRECTIVES)
        .map((each) => `%${each}`)
        .join(' ')}`;
    if (!DATES.some((parts) => parts.every((part) => found.includes(part))))
      return `${format} says no day of a year: it is ${EPOCHS.join(', ')} or has %Y-%m-%d in some order`;
    if (zone === undefined && !hasZone(format)) return `${format} has no %z: say which zone such times are in (zone)`;
  }
  return undefined;
}

/** What a text that is written in a format looks like, as a regular expression. */
export const formatPattern = (format: string): string =>
  format.replace(/%(.)|[^%]/g, (character, directive: string | undefined) =>
    directive === undefined ? character.replace(/[.*+?^${}()|[\]\\]/, '\\$&') : DIRECTIVES[directive]!,
  );

/** The same for a format with a day of the year, with groups for the year and the day; undefined without both. */
export function dayOfYearPattern(format: string): { readonly pattern: string; readonly groups: string[] } | undefined {
  const groups: string[] = [];
  const pattern = format.replace(/%(.)|[^%]/g, (found, directive: string | undefined) => {
    const own = formatPattern(found);
    if ((directive !== 'Y' && directive !== 'j') || groups.includes(directive)) return own;
    groups.push(directive);
    return `(${own})`;
  });
  return groups.length === 2 ? { pattern: `^${pattern}$`, groups } : undefined;
}

function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
