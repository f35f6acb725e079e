const NAME = /^(\d{9})\.json$/;
/** Number of the entry that has a name; undefined for the name of none. */
export const numberOf = (name: string): number | undefined => {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined || Number(digits) === 0 ? undefined : Number(digits);
};
export const entryFileOf = (number: number): string => `${String(number).padStart(9, '0')}.json`;
/**
 * Files beside the entries with the number of one: of one that was the last, from which on they are looked for one by
 * one, and of the one that announced a version. They save time; what they say is checked, and they need not be there.
 */
export const LATEST = 'latest';
export const announcementOf = (version: number): string => `version-${version}`;
export const NOTE = /^(latest|version-[1-9]\d*)$/;
