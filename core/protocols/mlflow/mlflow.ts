import { allowMethods, type FaultKind, json, type Protocol, ProtocolError } from '../protocol.ts';
import { decodeInvocation } from '../sagemaker/invocations.ts';
import { ping } from '../torchserve/torchserve.ts';
import { SERVER } from '../v2/v2.ts';

/**
 * MLflow's scoring server. Its `/ping` is answered by TorchServe's, which says the same.
 * https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally
 */
export const mlflow: Protocol = {
  name: 'mlflow',
  owns: ({ path }) => path === '/invocations' || path === '/version' || path === '/health',
  fail: ({ status, kind, message }) => json(status, { error_code: CODES[kind], message }),
  resolve({ method, path }) {
    switch (path) {
      case '/invocations':
        allowMethods(method, 'POST');
        return {
          kind: 'infer',
          decode: (request, protocolModel) => decodeInvocation(request, protocolModel, 'mlflow'),
        };
      case '/health':
        allowMethods(method, 'GET', 'HEAD');
        return { kind: 'show', show: (catalog) => ping(catalog) };
      case '/version':
        allowMethods(method, 'GET', 'HEAD');
        return {
          kind: 'show',
          show: () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: SERVER.version }),
        };
      default:
        throw new ProtocolError(404, 'no such path, use /invocations, /health or /version');
    }
  },
};

/** Names of mlflow.protos.databricks_pb2.ErrorCode. */
const CODES: Readonly<Record<FaultKind, string>> = {
  'bad-input': 'BAD_REQUEST',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  'unknown-path': 'ENDPOINT_NOT_FOUND',
  'unknown-model': 'RESOURCE_DOES_NOT_EXIST',
  'unknown-version': 'RESOURCE_DOES_NOT_EXIST',
  'not-allowed': 'BAD_REQUEST',
  'too-large': 'RESOURCE_LIMIT_EXCEEDED',
  'unsupported-media': 'BAD_REQUEST',
  'too-many': 'REQUEST_LIMIT_EXCEEDED',
  internal: 'INTERNAL_ERROR',
  unsupported: 'NOT_IMPLEMENTED',
  'not-ready': 'TEMPORARILY_UNAVAILABLE',
  'timed-out': 'DEADLINE_EXCEEDED',
};
