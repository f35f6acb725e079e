import type { HttpResponse } from '../serving/http.ts';
import { allowMethods, type Catalog, errorObject, type Operation, type Protocol } from './protocol.ts';

/** Gives the OpenAPI document of what is served. */
export const describeApi: Operation = {
  kind: 'describe',
  describe: async (catalog) => {
    const { describe } = await import('./openapi/openapi.ts');
    const served = servedBy(catalog);
    const at = documents.findIndex((document) => sameItems(document.served, served));
    const [document = { served, response: describe(catalog) }] = at < 0 ? [] : documents.splice(at, 1);
    documents.unshift(document);
    if (documents.length > DOCUMENTS) documents.pop();
    return document.response;
  },
};

/** A document and all that it is made from. */
interface MadeDocument {
  readonly served: readonly unknown[];
  readonly response: HttpResponse;
}

/** How many documents are kept: callers who may use some models only see others. */
const DOCUMENTS = 8;

/** The last ones that were asked for, the latest first: making one takes as long as a hundred predictions. */
const documents: MadeDocument[] = [];

/** All that a document depends on. What is known of a version is one object for as long as the version is loaded. */
const servedBy = (catalog: Catalog): unknown[] => [
  catalog.defaultModel,
  ...catalog
    .models()
    .flatMap((name) => [
      name,
      ...(catalog.versions(name) ?? []).flatMap(({ version, protocolModel }) => [version, protocolModel]),
    ]),
];

const sameItems = (some: readonly unknown[], others: readonly unknown[]): boolean =>
  some.length === others.length && some.every((item, i) => item === others[i]);

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
