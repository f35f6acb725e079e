import { constants } from 'node:http2';

/** Types of frames (RFC 9113, 6). */
const SETTINGS = 4;
const GOAWAY = 7;

/**
 * The bytes by which a server of HTTP/2 closes a connection before anything has been said on it: its settings, which
 * come first, and GOAWAY with a reason (RFC 9113, 6.8).
 */
export function goingAway(reason: string): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(0, 0);
  payload.writeUInt32BE(constants.NGHTTP2_ENHANCE_YOUR_CALM, 4);
  return Buffer.concat([
    frame(SETTINGS, Buffer.alloc(0)),
    frame(GOAWAY, Buffer.concat([payload, Buffer.from(reason)])),
  ]);
}

/** A frame of the connection itself, without flags. */
function frame(type: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  return Buffer.concat([head, payload]);
}
