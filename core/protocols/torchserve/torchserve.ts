import type { HttpResponse } from '../../serving/http.ts';
import { describeApi } from '../api.ts';
import {
  allowMethods,
  type Catalog,
  clip,
  type FaultKind,
  json,
  known,
  type Operation,
  type Protocol,
  ProtocolError,
  type ServedVersion,
  versionNumber,
} from '../protocol.ts';
import { canServe, notReady } from '../readiness.ts';
import { decodeTorchServe, decodeTorchServeExplain } from './body.ts';

/**
 * TorchServe: its inference API, and of its management API what looks and changes nothing.
 * https://github.com/pytorch/serve/blob/master/docs/inference_api.md
 */
export const torchserve: Protocol = {
  name: 'torchserve',
  owns: ({ method, path }) =>
    path === '/ping' ||
    path === '/models' ||
    path === '/predictions' ||
    path === '/explanations' ||
    (path === '/' && method === 'OPTIONS') ||
    /^\/(?:predictions|explanations|models)\//.test(path),
  fail: (fault) => json(fault.status, { code: fault.status, type: TYPES[fault.kind], message: fault.message }),
  resolve({ method, path, query }) {
    const [, head, model, version, ...rest] = path.replace(/\/$/, '').split('/');
    if (rest.length > 0 || model === '' || version === '') throw noPath();
    if (head === 'ping' && model === undefined) {
      allowMethods(method, 'GET', 'HEAD');
      return { kind: 'show', show: (catalog) => ping(catalog) };
    }
    if (method === 'OPTIONS') return describeApi;
    if (head === 'models') return manage(method, query, model, version);
    if (head !== 'predictions' && head !== 'explanations') throw noPath();
    if (model === undefined)
      throw new ProtocolError(404, `no model is named, use /${head}/NAME`, { kind: 'unknown-model' });
    allowMethods(method, 'POST', 'PUT');
    const target = { model, version: version === undefined ? undefined : versionNumber(version, 404) };
    if (head === 'predictions') return { kind: 'infer', ...target, decode: decodeTorchServe };
    return { kind: 'explain', ...target, decode: decodeTorchServeExplain };
  },
};

const noPath = (): ProtocolError =>
  new ProtocolError(404, 'no such path in TorchServe, use /ping, /predictions/NAME, /explanations/NAME or /models');

/** The names of the server's own exceptions. */
const TYPES: Readonly<Record<FaultKind, string>> = {
  'bad-input': 'BadRequestException',
  unauthenticated: 'InvalidKeyException',
  forbidden: 'ForbiddenException',
  'unknown-path': 'ResourceNotFoundException',
  'unknown-model': 'ModelNotFoundException',
  'unknown-version': 'ModelVersionNotFoundException',
  'not-allowed': 'MethodNotAllowedException',
  'too-large': 'RequestEntityTooLargeException',
  'unsupported-media': 'UnsupportedMediaTypeException',
  'too-many': 'TooManyRequestsException',
  internal: 'InternalServerException',
  unsupported: 'NotImplementedException',
  'not-ready': 'ServiceUnavailableException',
  'timed-out': 'RequestTimeoutException',
};

/** What TorchServe, MLflow and SageMaker ask a server before they send it anything. */
export const ping = (catalog: Catalog): HttpResponse =>
  canServe(catalog) ? json(200, { status: 'Healthy' }) : json(503, { status: 'Unhealthy' });

/** @throws ProtocolError 405 for what would change anything: models are registered and released elsewhere */
function manage(
  method: string,
  query: Readonly<Record<string, string>>,
  model: string | undefined,
  version: string | undefined,
): Operation {
  if (method === 'POST' || method === 'PUT' || method === 'DELETE')
    throw new ProtocolError(405, 'models are not managed here, use GET or HEAD: releases are made in the registry', {
      allowed: ['GET', 'HEAD'],
    });
  allowMethods(method, 'GET', 'HEAD');
  if (model === undefined) return { kind: 'show', show: (catalog) => list(catalog, query) };
  if (version === undefined)
    return { kind: 'show', show: (catalog) => describe(catalog, model, known(catalog, model).slice(0, 1)) };
  if (version === 'all') return { kind: 'show', show: (catalog) => describe(catalog, model, known(catalog, model)) };
  const number = versionNumber(version, 404);
  return { kind: 'show', show: (catalog) => describe(catalog, model, known(catalog, model, number)) };
}

const MAX_MODELS = 100;

function list(catalog: Catalog, query: Readonly<Record<string, string>>): HttpResponse {
  const limit = whole(query, 'limit', MAX_MODELS);
  const from = whole(query, 'next_page_token', 0);
  const models = catalog.models();
  const to = from + Math.min(limit, MAX_MODELS);
  return json(200, {
    ...(to < models.length ? { nextPageToken: String(to) } : {}),
    models: models.slice(from, to).map((name) => ({ modelName: name, modelUrl: urlOf(name) })),
  });
}

/** @throws ProtocolError 400 */
function whole(query: Readonly<Record<string, string>>, name: string, absent: number): number {
  const text = query[name];
  if (text === undefined) return absent;
  if (!/^\d{1,9}$/.test(text)) throw new ProtocolError(400, `${name} is ${clip(text)}, expected a whole number`);
  return Number(text);
}

/** An array, whatever was asked for; what a server of archives and workers would say, as far as it is true here. */
function describe(catalog: Catalog, model: string, versions: readonly ServedVersion[]): HttpResponse {
  if (versions.length === 0) throw notReady(model, catalog.notLoaded(model));
  return json(
    200,
    versions.map(({ version, variant }) => ({
      modelName: model,
      modelVersion: String(version),
      modelUrl: urlOf(model),
      runtime: 'onnxruntime',
      minWorkers: 1,
      maxWorkers: 1,
      batchSize: 1,
      maxBatchDelay: 0,
      loadedAtStartup: true,
      workers: [{ id: String(version), status: 'READY', gpu: false }],
      variant,
    })),
  );
}

const urlOf = (model: string): string => `trimtab:${model}`;
