/** A name as an SQL identifier. */
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Text as an SQL literal. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A number as an SQL literal that has all its digits. */
export const sqlDouble = (value: number): string => `${sqlText(String(value))}::DOUBLE`;
