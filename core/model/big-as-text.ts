/** For `JSON.stringify`, which refuses integers beyond 2^53: they are shown as text, every digit of them. */
export const bigAsText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
