import type { RequestHead } from '../core/protocols/protocol.ts';
import { ProtocolError } from '../core/protocols/protocol.ts';
import type { HttpResponse } from '../core/serving/http.ts';
import { refusalResponse } from './http/refusal.ts';
import type { AdmissionLimit } from './lib/admission-limit.ts';

/** Paths by which load balancers of every protocol ask whether to send requests here. */
const READY = new Set(['/v2/health/ready', '/ready', '/health/status', '/ping']);

/** A queue this full wants no more, until it has become this empty. */
const HIGH_WATER = 0.8;
const LOW_WATER = 0.5;

/**
 * Whether this process should be sent requests: not while it starts or drains, while what waits is over its high-water
 * mark, or while a worker or a process of the server is lost.
 */
export class Health {
  starting = true;
  draining = false;
  /** Processes of the server that are being replaced. */
  lostProcesses = 0;
  #flooded = false;

  constructor(
    private readonly gates: readonly AdmissionLimit[],
    private readonly lostWorkers: () => number,
  ) {}

  /** Why not; undefined when it is ready. */
  get unready(): string | undefined {
    if (this.draining) return 'draining: it is about to stop';
    if (this.starting) return 'starting: models are being loaded';
    const fill = Math.max(...this.gates.map((gate) => gate.fill));
    this.#flooded = fill >= (this.#flooded ? LOW_WATER : HIGH_WATER);
    if (this.#flooded) return `overloaded: its queue is ${Math.round(fill * 100)} % full`;
    const lost = this.lostWorkers();
    if (lost > 0) return `${lost} of its workers are being started again`;
    if (this.lostProcesses > 0) return `${this.lostProcesses} of its processes are being started again`;
    return undefined;
  }

  /** Answers a question for readiness with no; undefined for any other request, and when it is ready. */
  answer(head: RequestHead): HttpResponse | undefined {
    if (!READY.has(head.path) || (head.method !== 'GET' && head.method !== 'HEAD')) return undefined;
    const why = this.unready;
    return why === undefined ? undefined : refusalResponse(head, new ProtocolError(503, why));
  }
}
