import type { Worker } from 'node:cluster';

/** What node:cluster sends along with a connection, and what comes back once it has been accepted or refused. */
interface NewConnection {
  readonly cmd: 'NODE_CLUSTER';
  readonly act: 'newconn';
  /** Unique among all that this process sends. */
  readonly seq: number;
}

interface NativeHandle {
  close(): void;
}

type Send = (message: unknown, handle?: unknown, ...rest: unknown[]) => boolean;

/**
 * Hands connections that a process has not accepted before it ended to another one. node:cluster keeps such a connection
 * open and never looks at it again, so its caller would wait for the whole of his patience. What is read of a connection
 * is read after it has been accepted, so nothing of a request is lost. This goes by the messages of node:cluster, which
 * are its own affair: were they to change, all would be as without.
 *
 * @param another a process that accepts connections; undefined where there is none: then they are closed
 */
export function handOn(worker: Worker, another: () => Worker | undefined): void {
  const child = worker.process;
  const handed = new Map<number, { readonly message: NewConnection; readonly handle: NativeHandle }>();
  const send = child.send.bind(child) as Send;
  const noted: Send = (message, handle, ...rest) => {
    if (isNewConnection(message)) handed.set(message.seq, { message, handle: handle as NativeHandle });
    return send(message, handle, ...rest);
  };
  Object.assign(child, { send: noted });
  child.on('internalMessage' as 'message', (message: unknown) => {
    const { ack } = message as { readonly ack?: number };
    if (ack !== undefined) handed.delete(ack);
  });
  const deal = (): void => {
    for (const { message, handle } of handed.values()) {
      const next = another();
      if (next === undefined) handle.close();
      else (next.process.send.bind(next.process) as Send)(message, handle);
    }
    handed.clear();
  };
  // After a turn of the event loop all that it had said has been read. (It is not disconnected while it owes an answer.)
  worker.on('exit', () => setImmediate(() => setImmediate(deal)));
}

const isNewConnection = (message: unknown): message is NewConnection =>
  typeof message === 'object' && message !== null && (message as Partial<NewConnection>).act === 'newconn';
