import type { RequestHead } from '../core/protocols/protocol.ts';
import { ProtocolError } from '../core/protocols/protocol.ts';
import type { HttpResponse } from '../core/serving/http.ts';
import { refusalResponse } from './http/refusal.ts';

/** Readiness paths of all protocols, as load balancers poll them. */
const READY = new Set(['/v2/health/ready', '/ready', '/health/status', '/ping']);

/** Fill at which a limit makes the process unready, and fill at which it becomes ready again. */
const HIGH_WATER = 0.8;
const LOW_WATER = 0.5;

/**
 * Readiness of this process. It is unready while it starts or drains, while one of its admission limits is above the
 * high-water mark, and while a worker or another process of the server is being restarted.
 */
export class Health {
  starting = true;
  draining = false;
  /** Number of the server's processes that are being restarted. */
  lostProcesses = 0;
  #flooded = false;

  constructor(
    /** Bounds, with the used share of each, 0 to 1. */
    private readonly gates: readonly { readonly fill: number }[],
    private readonly lostWorkers: () => number,
  ) {}

  /** Why this process is unready; undefined when it is ready. */
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

  /** The 503 for a readiness request while the process is unready; undefined for other requests and when it is ready. */
  answer(head: RequestHead): HttpResponse | undefined {
    if (!READY.has(head.path) || (head.method !== 'GET' && head.method !== 'HEAD')) return undefined;
    const why = this.unready;
    return why === undefined ? undefined : refusalResponse(head, new ProtocolError(503, why));
  }
}
