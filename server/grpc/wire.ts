import { status } from '@grpc/grpc-js';
import { ProtocolError } from '../../core/errors/protocol-error.ts';
import { type UnpackOptions, unpack } from '../../usecases/serving/unpack.ts';

/** A call ends with this status instead of an answer. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  constructor(
    readonly code: status,
    message: string,
    /** Sent along with the status. */
    readonly metadata: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** A flag and the length in front of every message. */
export const PREFIX_BYTES = 5;

const ENCODINGS = ['gzip', 'deflate'] as const;
/** What messages may be compressed by, for `grpc-accept-encoding`. */
const ACCEPTED = ['identity', ...ENCODINGS].join(',');

/** A message as it is sent: not compressed, behind its length. */
export function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  bytes.writeUInt8(0, 0);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, PREFIX_BYTES);
  return bytes;
}

/**
 * The one message of a unary call.
 *
 * @param body all that the caller has sent
 * @param encoding as in the header `grpc-encoding`
 * @param options largest message in bytes, and where room for what is unpacked is taken
 * @throws RpcError
 * @throws ProtocolError when there is no room for it
 */
export async function unframed(body: Buffer, encoding: string | undefined, options: UnpackOptions): Promise<Buffer> {
  if (body.length < PREFIX_BYTES)
    throw new RpcError(
      status.INTERNAL,
      `there is no message, only ${body.length} of the ${PREFIX_BYTES} bytes before it`,
    );
  const { limit } = options;
  const length = body.readUInt32BE(1);
  if (length > limit) throw tooLarge(`${length} bytes`, limit);
  const message = body.subarray(PREFIX_BYTES);
  if (message.length < length)
    throw new RpcError(status.INTERNAL, `the message breaks off after ${message.length} of ${length} bytes`);
  if (message.length > length)
    throw new RpcError(
      status.UNIMPLEMENTED,
      `there are ${message.length - length} bytes after the only message of the call`,
    );
  const flag = body.readUInt8(0);
  if (flag === 0) return message;
  if (flag !== 1) throw new RpcError(status.INTERNAL, `the flag of the message is ${flag}, expected 0 or 1`);
  return decompressed(message, encoding, options);
}

async function decompressed(message: Buffer, encoding: string | undefined, options: UnpackOptions): Promise<Buffer> {
  if (encoding === undefined || encoding === 'identity')
    throw new RpcError(status.INTERNAL, 'the message is compressed, and grpc-encoding does not say how');
  const packing = ENCODINGS.find((name) => name === encoding);
  if (packing === undefined)
    throw new RpcError(status.UNIMPLEMENTED, `grpc-encoding is '${encoding.slice(0, 40)}', expected ${ACCEPTED}`, {
      'grpc-accept-encoding': ACCEPTED,
    });
  const plain = await unpack(message, packing, options).catch((error: unknown) => {
    if (error instanceof ProtocolError) throw error;
    throw new RpcError(status.INTERNAL, `the message cannot be decompressed by ${encoding}`);
  });
  if (plain === undefined) throw tooLarge('more bytes', options.limit);
  return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
}

export const tooLarge = (what: string, limit: number): RpcError =>
  new RpcError(status.RESOURCE_EXHAUSTED, `the message has ${what}, there may be ${limit}`);

const UNITS_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };
/** setTimeout knows no longer time; milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

/** Time that a caller waits, by the header `grpc-timeout`; milliseconds. @throws RpcError when it is malformed */
export function timeoutOf(text: string): number {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined)
    throw new RpcError(status.INTERNAL, `grpc-timeout is '${text.slice(0, 40)}', expected up to 8 digits and a unit`);
  return Math.min(LONGEST_MS, Number(digits) * UNITS_MS[unit]!);
}

/** Most of a message that goes into the trailers: clients bound them, too. */
const MESSAGE_LENGTH = 2_000;

/** Percent-encodes what is no printable ASCII, as gRPC wants it in `grpc-message`. */
export const statusMessage = (text: string): string =>
  text
    .slice(0, MESSAGE_LENGTH)
    .replace(/[^\x20-\x24\x26-\x7e]/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    );
