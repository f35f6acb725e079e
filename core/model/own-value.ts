/**
 * A member that a record has itself. Records by names from outside are read with this alone: `toString` and
 * `constructor` are names like others there, and members of every object.
 */
export const ownValue = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
