import type { RequestSeen } from '../../core/observability/observation.ts';
import type { Clock } from '../../platform/ports.ts';

/** Tells operators of what goes wrong; callers are told nothing of it. */
export type Complain = (message: string, error: unknown, request?: RequestSeen) => void;

/** Complaints as lines with the fields of the Elastic Common Schema. */
export const complainer =
  (clock: Clock, emit: (line: string) => void): Complain =>
  (message, error, request) => {
    const cause = error instanceof Error ? error : new Error(String(error));
    emit(
      JSON.stringify({
        '@timestamp': clock.now().toISOString(),
        'log.level': 'error',
        message,
        'error.type': cause.name,
        'error.message': cause.message,
        'error.stack_trace': cause.stack,
        'http.request.id': request?.id,
        'trace.id': request?.trace.traceId,
        'span.id': request?.trace.spanId,
      }),
    );
  };
