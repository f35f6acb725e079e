import type { MiddlewareObj } from '@middy/core';
import * as z from 'zod';
import { safeParse } from '../../core/errors/safe-parse.ts';

/** An event does not match its schema. Retrying would not help; the dead-letter queue keeps it. */
export class BadEventError extends Error {
  override readonly name = 'BadEventError';
}

/** Middleware that parses the event by a schema, so that the handler gets what its type says. @throws BadEventError */
export function parsed<T>(schema: z.ZodType<T>): MiddlewareObj<T> {
  return {
    before: (request) => {
      const result = safeParse(schema, request.event);
      if (!result.success)
        throw new BadEventError(`the event is not of the form this function takes: ${z.prettifyError(result.error)}`, {
          cause: result.error,
        });
      request.event = result.data;
    },
  };
}
