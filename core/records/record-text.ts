/** A field of a record: its text without quotes, and whether it had any. */
export interface Field {
  readonly text: string;
  readonly quoted: boolean;
}

/** Fields of one whole record, given without the end of its line. Text behind a closing quote belongs to its field. */
export function parseRecord(record: string, delimiter = ','): Field[] {
  const fields: Field[] = [];
  let at = 0;
  for (;;) {
    const quoted = record[at] === '"';
    let text = '';
    if (quoted) {
      at++;
      for (;;) {
        const quote = record.indexOf('"', at);
        const end = quote === -1 ? record.length : quote;
        text += record.slice(at, end);
        at = end + 1;
        if (record[at] !== '"') break;
        text += '"';
        at++;
      }
    }
    const next = record.indexOf(delimiter, at);
    const end = next === -1 ? record.length : next;
    fields.push({ text: text + record.slice(at, end), quoted });
    if (next === -1) return fields;
    at = next + 1;
  }
}

/** One record as text, without the end of its line; null is a missing value, which an empty text is not. */
export function formatRecord(values: readonly (string | null)[], delimiter = ','): string {
  // A line with nothing on it is no record.
  if (values.length === 1 && values[0] === null) return '""';
  return values.map((value) => formatField(value, delimiter)).join(delimiter);
}

function formatField(value: string | null, delimiter: string): string {
  if (value === null) return '';
  if (value !== '' && !/["\r\n]/.test(value) && !value.includes(delimiter)) return value;
  return `"${value.replaceAll('"', '""')}"`;
}
