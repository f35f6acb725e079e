import type { MiddlewareObj } from '@middy/core';
import * as z from 'zod';

/** An event that is not of the form that the function takes. It is not worth retrying: the dead-letter queue keeps it. */
export class BadEventError extends Error {
  override readonly name = 'BadEventError';
}

/** Middleware that parses the event strictly, so that a handler sees what its type says. @throws BadEventError */
export function parsed<T>(schema: z.ZodType<T>): MiddlewareObj<T> {
  return {
    before: (request) => {
      const result = schema.safeParse(request.event);
      if (!result.success)
        throw new BadEventError(`the event is not of the form this function takes: ${z.prettifyError(result.error)}`, {
          cause: result.error,
        });
      request.event = result.data;
    },
  };
}
