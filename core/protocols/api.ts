import { allowMethods, errorObject, type Operation, type Protocol } from './protocol.ts';

/** Gives the OpenAPI document of what is served. */
export const describeApi: Operation = {
  kind: 'describe',
  describe: async (catalog) => (await import('./openapi/openapi.ts')).describe(catalog),
};

/** Where tools look for the document. */
export const api: Protocol = {
  name: 'openapi',
  owns: ({ path }) => path === '/openapi.json',
  fail: errorObject,
  resolve({ method }) {
    allowMethods(method, 'GET', 'HEAD');
    return describeApi;
  },
};
