import {
  constants,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
  type ServerStreamResponseOptions,
} from 'node:http2';
import { status } from '@grpc/grpc-js';
import { RpcError, statusMessage } from './wire.ts';

/** How long what follows a refused message is read; milliseconds. */
const LINGER_MS = 1_000;
const RESPONSE = { ':status': 200, 'content-type': 'application/grpc' } as const;

/** The answer on a stream of gRPC; whatever comes after the first is dropped. */
export class Answer {
  #over = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(readonly stream: ServerHttp2Stream) {
    stream.once('close', () => this.#end());
  }

  /** Ends the call when there is no answer in time. */
  within(ms: number): void {
    this.#timer = setTimeout(
      () => this.fail(new RpcError(status.DEADLINE_EXCEEDED, `there was no answer in the ${ms} ms of grpc-timeout`)),
      ms,
    );
  }

  give(message: Buffer, metadata: Readonly<Record<string, string>>): void {
    if (!this.#begin()) return;
    const { stream } = this;
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status.OK) }));
    if (this.#respond({ ...RESPONSE, ...metadata }, { waitForTrailers: true })) stream.end(message);
  }

  fail({ code, message, metadata }: RpcError, more: Readonly<Record<string, string>> = {}): void {
    if (!this.#begin()) return;
    const trailers = { 'grpc-status': String(code), 'grpc-message': statusMessage(message) };
    if (this.#respond({ ...RESPONSE, ...more, ...metadata, ...trailers }, { endStream: true })) this.#stop();
  }

  /** Answers what is no gRPC. */
  refuse(code: number): void {
    if (!this.#begin()) return;
    if (this.#respond({ ':status': code }, { endStream: true })) this.#stop();
  }

  /**
   * Whoever is still sending reads the status and ends the stream. What comes meanwhile is dropped, so that it takes no
   * window of the connection from others; a caller who goes on is cut off. Not at once: that would take the status back.
   */
  #stop(): void {
    const { stream } = this;
    stream.resume();
    const late = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), LINGER_MS);
    stream.once('close', () => clearTimeout(late));
  }

  #begin(): boolean {
    const { stream } = this;
    if (this.#over || stream.destroyed || stream.closed) return false;
    this.#end();
    return true;
  }

  /** Begins to answer; metadata that HTTP/2 cannot carry ends the call, for nothing could be said of it. */
  #respond(headers: OutgoingHttpHeaders, options: ServerStreamResponseOptions): boolean {
    try {
      this.stream.respond(headers, options);
      return true;
    } catch {
      this.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      return false;
    }
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}
