import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { ProtocolError } from '../../core/errors/protocol-error.ts';
import { LinkedList, ListPlace } from '../../core/guards/linked-list.ts';
import { type CallerIdentity, peerOf } from './caller-identity.ts';
import type { RefusalCounts } from './refusal-counts.ts';

export interface ConnectionLimits {
  /** Most open connections. */
  readonly connections: number;
  /** Share of them that one peer may hold, above 0 and at most 1; a proxy that names its callers may hold all. */
  readonly callerShare: number;
}

/** What one peer has open. */
interface Peer {
  open: number;
  /** Requests that wait for their turn on its connections. */
  waiting: number;
  readonly idle: LinkedList<Connection>;
}

/** Requests of one connection that are worked on at once; those that a caller sends on top of them wait for their turn. */
const PIPELINED = 8;
/**
 * Most requests that wait on one connection, and on all: node:http parses all that one read of 64 KB holds, which may be
 * two thousand, of some 10 KB each.
 */
const WAITING = 512;
const ALL_WAITING = 4_096;

/**
 * Bounds the open connections of all transports together, and those of each peer. Where there is no room, the connection
 * that has been idle for longest (without a request, or in the middle of a head) is closed for the new one, as nginx
 * reuses its connections; only when all have requests in progress the new one is refused. A connection on which more
 * requests wait than may is closed: whoever pipelines sends again what has not been answered (RFC 9112, section 9.3.2).
 */
export class Connections {
  #open = 0;
  /** Requests that wait for their turn on their connections. */
  #waiting = 0;
  /** Connections without a request in progress, the longest idle first. */
  readonly #idle = new LinkedList<Connection>();
  readonly #peers = new Map<string, Peer>();

  constructor(
    private readonly limits: ConnectionLimits,
    private readonly identity: CallerIdentity,
    private readonly refusals: RefusalCounts,
  ) {}

  get open(): number {
    return this.#open;
  }

  /** Requests that have been read and wait for their turn on their connections. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Lets a server have only the connections that there is room for.
   *
   * @param refuse answers a connection that there is no room for, in the server's protocol
   */
  guard(server: Server, refuse: (socket: Socket, error: ProtocolError) => void): void {
    const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const refused = this.#take(socket);
      // Before the handshake of TLS nothing can be said.
      if (refused !== undefined && server instanceof TlsServer) socket.destroy();
      else if (refused !== undefined) refuse(socket, refused);
      else for (const listener of listeners) listener.call(server, socket);
    });
  }

  #take(socket: Socket): ProtocolError | undefined {
    const { address, caller = '' } = peerOf(socket.remoteAddress);
    const { connections, callerShare } = this.limits;
    const most = this.identity.forwards(address) ? connections : Math.ceil(connections * callerShare);
    const peer = this.#peers.get(caller);
    if (most < connections && peer !== undefined && peer.open >= most && !closeOldest(peer.idle)) {
      this.refusals.add('caller-connections');
      return new ProtocolError(
        429,
        `you have ${peer.open} of the ${most} connections that a caller may have, all with requests under way`,
        { retryAfterSeconds: 1 },
      );
    }
    if (this.#open >= connections && !closeOldest(this.#idle)) {
      this.refusals.add('connections');
      return new ProtocolError(
        503,
        `the server has ${this.#open} of ${connections} connections, all with requests under way, try again later`,
        { retryAfterSeconds: 1 },
      );
    }
    this.#add(socket, address, caller);
    return undefined;
  }

  #takeWaiting(peer: Peer, address: string | undefined, own: number): boolean {
    const most = ALL_WAITING * (this.identity.forwards(address) ? 1 : this.limits.callerShare);
    if (own >= WAITING || peer.waiting >= most || this.#waiting >= ALL_WAITING) {
      this.refusals.add('pipelined');
      return false;
    }
    peer.waiting++;
    this.#waiting++;
    return true;
  }

  #freeWaiting(peer: Peer, requests: number): void {
    peer.waiting -= requests;
    this.#waiting -= requests;
  }

  #add(socket: Socket, address: string | undefined, caller: string): void {
    // Closing another may have been the last of its peer.
    let peer = this.#peers.get(caller);
    if (peer === undefined) {
      peer = { open: 0, waiting: 0, idle: new LinkedList() };
      this.#peers.set(caller, peer);
    }
    const connection = new Connection(
      socket,
      { address, caller: address === undefined ? undefined : caller },
      { all: this.#idle, ofPeer: peer.idle },
      { take: (own) => this.#takeWaiting(peer, address, own), free: (requests) => this.#freeWaiting(peer, requests) },
    );
    peer.open++;
    this.#open++;
    let gone = false;
    connection.gone = () => {
      if (gone) return;
      gone = true;
      this.#open--;
      if (--peer.open === 0) this.#peers.delete(caller);
      connection.end();
    };
    socket.once('close', connection.gone);
    (socket as Marked)[CONNECTION] = connection;
  }
}

/** Place for requests that wait for their turn. */
interface WaitingPlace {
  /** @param own how many wait on the connection already @returns whether there was place for one more */
  take(own: number): boolean;
  free(requests: number): void;
}

function closeOldest(idle: LinkedList<Connection>): boolean {
  const oldest = idle.first;
  oldest?.close();
  return oldest !== undefined;
}

const CONNECTION = Symbol('connection');
type Marked = { [CONNECTION]?: Connection };

/**
 * The connection that a socket is the end of. A socket of TLS has the one that it is wrapped around.
 *
 * @throws Error when its server is not guarded
 */
export function connectionOf(socket: Socket): Connection {
  const own = (socket as Marked)[CONNECTION] ?? (socket as { _parent?: Marked })._parent?.[CONNECTION];
  if (own === undefined) throw new Error('the connection has not been let in');
  return own;
}

interface Order {
  readonly turn: boolean;
  readonly alone: boolean;
}

/** An open connection, with the exchanges that are in progress on it. */
class Connection {
  /** Called when it has been closed. */
  gone: () => void = () => undefined;
  readonly #exchanges = new LinkedList<Exchange>();
  readonly #places = [new ListPlace<Connection>(this), new ListPlace<Connection>(this)] as const;
  #queue: (() => void)[] = [];
  #closed = false;

  constructor(
    private readonly socket: Socket,
    readonly peer: { readonly address: string | undefined; readonly caller: string | undefined },
    /** All idle connections, and those of the same peer. */
    private readonly idle: { readonly all: LinkedList<Connection>; readonly ofPeer: LinkedList<Connection> },
    private readonly place: WaitingPlace,
  ) {
    this.#rest();
  }

  /** Whether it has been closed; requests that were read with others before may still come. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Whether a request may begin: those that wait go first, for answers are sent in the order of requests.
   *
   * @param turn whether it has waited, and is the first of them
   * @param alone whether it may only begin when no other is in progress
   */
  mayBegin({ turn, alone }: Order): boolean {
    return (turn || this.#queue.length === 0) && this.#exchanges.size < (alone ? 1 : PIPELINED);
  }

  /**
   * Has a request wait until another has been answered. Meanwhile no more are read than have been; the connection is
   * closed when too many have been.
   */
  later({ turn }: Order, request: () => void): void {
    if (!this.place.take(this.#queue.length)) {
      this.close();
      return;
    }
    if (turn) this.#queue.unshift(request);
    else this.#queue.push(request);
    this.socket.pause();
  }

  /** Begins an exchange of a request and its answer. */
  begin(): Exchange {
    if (this.#exchanges.size === 0) this.#leaveIdle();
    const exchange = new Exchange(this.#exchanges, () => this.#ended());
    this.#exchanges.add(exchange.place);
    return exchange;
  }

  close(): void {
    // Its room is free from now on; the event comes later.
    this.gone();
    this.socket.destroy();
  }

  /** Ends all exchanges: of those that wait for their turn to be answered, the server does not say that they are over. */
  end(): void {
    this.#closed = true;
    this.place.free(this.#queue.length);
    this.#queue = [];
    for (const exchange of this.#exchanges) exchange.end();
    this.#leaveIdle();
  }

  #ended(): void {
    // In a turn of its own: those of other connections have theirs in between.
    if (this.#queue.length > 0) setImmediate(() => this.#next());
    else if (this.#exchanges.size === 0) this.#rest();
  }

  #next(): void {
    if (this.#closed) return;
    const next = this.#queue.shift();
    if (next !== undefined) {
      this.place.free(1);
      if (this.#queue.length === 0) this.socket.resume();
      const before = this.#exchanges.size;
      next();
      if (this.#queue.length > 0 && this.#exchanges.size > before) setImmediate(() => this.#next());
    } else if (this.#exchanges.size === 0) this.#rest();
  }

  #rest(): void {
    const [inAll, inPeers] = this.#places;
    if (this.idle.all.has(inAll)) return;
    this.idle.all.add(inAll);
    this.idle.ofPeer.add(inPeers);
  }

  #leaveIdle(): void {
    const [inAll, inPeers] = this.#places;
    this.idle.all.delete(inAll);
    this.idle.ofPeer.delete(inPeers);
  }
}

/** One request and its answer. */
export class Exchange {
  /** The place that the request has been given, to be given back at the end. */
  ticket: { leave(): void } | undefined;
  readonly place = new ListPlace<Exchange>(this);

  constructor(
    private readonly open: LinkedList<Exchange>,
    private readonly ended: () => void,
  ) {}

  /** May be called again. */
  end(): void {
    if (!this.open.delete(this.place)) return;
    this.ticket?.leave();
    this.ended();
  }
}
