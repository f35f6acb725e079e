import type { RequestInfo } from '../../core/observability/observation.ts';
import type { Clock } from '../../platform/ports.ts';

/** Tells operators of what goes wrong; callers are told nothing of it. */
export type ErrorLogger = (message: string, error: unknown, request?: RequestInfo) => void;

/** Complaints as lines with the fields of the Elastic Common Schema. */
export const errorLogger =
  (clock: Clock, emit: (line: string) => void): ErrorLogger =>
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
