import { gunzipSync, gzipSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { PlatformError } from '../errors.ts';
import { parseLedgerText } from '../ledger-text.ts';

export type Item = Record<string, AttributeValue>;

/** Bodies from this size on are compressed; bytes. */
const COMPRESS_FROM = 100_000;
/** DynamoDB takes 400 kB an item; the rest is for keys and what describes it. */
const LARGEST = 390_000;

/**
 * A record as an item's body: its JSON text, or that text compressed when it is long. A contract of thousands of
 * features would not fit otherwise.
 *
 * @throws PlatformError when it does not fit even so
 */
export function compressItem(record: unknown): Item {
  const text = JSON.stringify(record);
  if (Buffer.byteLength(text) < COMPRESS_FROM) return { body: { S: text } };
  const body = gzipSync(text);
  if (body.length > LARGEST)
    throw new PlatformError(`a record takes ${body.length} bytes compressed, a table item holds ${LARGEST}`);
  return { body: { B: body } };
}

/** @throws PlatformError when the item holds no body @throws SyntaxError when its text has a key twice */
export function decompressItem(item: Item): unknown {
  const { body } = item;
  const text = body?.S ?? (body?.B && gunzipSync(body.B).toString('utf8'));
  if (text === undefined) throw new PlatformError(`table item ${item.pk?.S} ${item.sk?.S} has no body`);
  return parseLedgerText(text);
}
