/** Numbers as times: seconds and milliseconds since 1970 in UTC. */
const EPOCHS = ['epoch-s', 'epoch-ms'];

export const isEpoch = (format: string): boolean => EPOCHS.includes(format);

/** Whether what is written so says its zone itself. */
export const hasZone = (format: string): boolean => isEpoch(format) || format.includes('%z');

/** Directives of strptime that mean the same everywhere: to people, to Python, and to the engine of files. */
const DIRECTIVES = 'YmdHMSfzyjbBpI';
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
    const unknown = found.find((directive) => directive === '' || !`${DIRECTIVES}%`.includes(directive));
    if (unknown !== undefined)
      return `${format} has %${unknown}, which is none of ${[...DIRECTIVES].map((each) => `%${each}`).join(' ')}`;
    if (!DATES.some((parts) => parts.every((part) => found.includes(part))))
      return `${format} says no day of a year: it is ${EPOCHS.join(', ')} or has %Y-%m-%d in some order`;
    if (zone === undefined && !hasZone(format)) return `${format} has no %z: say which zone such times are in (zone)`;
  }
  return undefined;
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
