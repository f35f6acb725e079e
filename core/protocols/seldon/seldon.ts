import type { TensorSpec } from '../../model/signature.ts';
import type { HttpResponse } from '../../serving/http.ts';
import { modelOfDeployment } from '../deployment.ts';
import {
  allowMethods,
  type Catalog,
  type FaultKind,
  json,
  known,
  modelOf,
  type Operation,
  type Protocol,
  ProtocolError,
  type ServedVersion,
} from '../protocol.ts';
import { canServe, notReady, troubles } from '../readiness.ts';
import { datatypeOf } from '../v2/datatypes.ts';
import { decodeFeedback } from './feedback.ts';
import { decodeSeldon } from './predict.ts';

/** The ingress's prefix, whose namespace may be missing, the API's, and what is asked for. */
const PATH =
  /^(?:\/seldon(?:\/[^/]+)??\/([^/]+)(?=\/(?:api\/v|ready$|live$|health\/)))?(\/api\/v(?:1\.0|0\.1))?(\/.*?)?\/?$/;

/**
 * Seldon Core v1, behind its ingress (`/seldon/NAMESPACE/NAME`, `/seldon/NAME`) or without.
 * https://docs.seldon.io/projects/seldon-core/en/latest/reference/apis/external-prediction.html
 */
export const seldon: Protocol = {
  name: 'seldon',
  owns: ({ path }) =>
    path.startsWith('/api/v1.0/') ||
    path.startsWith('/api/v0.1/') ||
    path.startsWith('/seldon/') ||
    path === '/ready' ||
    path === '/live' ||
    path === '/health/status' ||
    path === '/health/ping',
  fail: ({ status, kind, message }) =>
    json(status, { status: { status: 1, info: message, code: -1, reason: REASONS[kind] } }),
  resolve({ method, path }, catalog) {
    const [, deployment, api, rest = ''] = PATH.exec(path) ?? [];
    const model = deployment === undefined ? undefined : modelOfDeployment(catalog, deployment);
    const operation = api === undefined ? undefined : apiOperation(method, rest, model);
    if (operation !== undefined) return operation;
    switch (rest) {
      case '/ready':
      case '/health/status':
        return show(method, health);
      case '/live':
        return show(method, () => plain('live'));
      case '/health/ping':
        return show(method, () => plain('pong'));
      default:
        throw new ProtocolError(404, 'no such path in Seldon Core v1, use /api/v1.0/predictions or /feedback');
    }
  },
};

/** What only the versioned paths have. */
function apiOperation(method: string, path: string, model: string | undefined): Operation | undefined {
  switch (path) {
    case '/predictions':
      allowMethods(method, 'POST');
      return { kind: 'infer', model, decode: decodeSeldon };
    case '/feedback':
      allowMethods(method, 'POST');
      return { kind: 'feedback', model, decode: decodeFeedback };
    case '/metadata':
      return show(method, (catalog) => graph(catalog, modelOf(catalog, model)));
    default: {
      const name = /^\/metadata\/([^/]+)$/.exec(path)?.[1];
      return name === undefined ? undefined : show(method, (catalog) => json(200, node(catalog, name)));
    }
  }
}

function show(method: string, answer: (catalog: Catalog) => HttpResponse): Operation {
  allowMethods(method, 'GET', 'HEAD');
  return { kind: 'show', show: answer };
}

const plain = (body: string): HttpResponse => ({ status: 200, headers: { 'content-type': 'text/plain' }, body });

function health(catalog: Catalog): HttpResponse {
  if (!canServe(catalog))
    throw new ProtocolError(
      503,
      ['no model has a version that is ready', ...troubles(catalog, catalog.models())].join('; '),
    );
  return plain('ready');
}

/** A deployment is a graph of one node. */
function graph(catalog: Catalog, model: string): HttpResponse {
  const own = node(catalog, model);
  return json(200, { name: model, models: { [model]: own }, graphinputs: own.inputs, graphoutputs: own.outputs });
}

function node(catalog: Catalog, model: string) {
  const versions = known(catalog, model);
  const [served] = versions;
  if (served === undefined) throw notReady(model, catalog.notLoaded(model));
  return {
    name: model,
    platform: 'onnxruntime_onnx',
    versions: versions.map(({ version }: ServedVersion) => `${model}/${version}`),
    inputs: served.signature.inputs.map(described),
    outputs: served.signature.outputs.map(described),
  };
}

const described = ({ name, type, shape }: TensorSpec) => ({
  messagetype: 'tensor',
  schema: { names: [name], shape, datatype: datatypeOf(type) },
});

/** Reasons of Seldon's own microservices and of what stands before them. */
const REASONS: Readonly<Record<FaultKind, string>> = {
  'bad-input': 'MICROSERVICE_BAD_DATA',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'FORBIDDEN',
  'unknown-path': 'NOT_FOUND',
  'unknown-model': 'NOT_FOUND',
  'unknown-version': 'NOT_FOUND',
  'not-allowed': 'METHOD_NOT_ALLOWED',
  'too-large': 'MICROSERVICE_BAD_DATA',
  'unsupported-media': 'MICROSERVICE_BAD_DATA',
  'too-many': 'TOO_MANY_REQUESTS',
  internal: 'MICROSERVICE_INTERNAL_ERROR',
  unsupported: 'NOT_IMPLEMENTED',
  'not-ready': 'MICROSERVICE_NOT_READY',
  'timed-out': 'MICROSERVICE_TIMEOUT',
};
