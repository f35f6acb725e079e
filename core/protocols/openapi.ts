import type { HttpResponse } from '../serving/http.ts';
import { type Catalog, json } from './protocol.ts';
import { SERVER } from './v2.ts';

export const describe = (_catalog: Catalog): HttpResponse =>
  json(200, { openapi: '3.1.0', info: { title: 'Trimtab', version: SERVER.version }, paths: {} });
