import type { Variant } from '../../serving/variant.ts';
import { VARIANTS } from '../../serving/variants.ts';
import { modelOfDeployment } from '../deployment.ts';
import {
  allowMethods,
  type Catalog,
  clip,
  type Decode,
  type FaultKind,
  json,
  type Protocol,
  ProtocolError,
  type RequestHead,
  type RequestTarget,
  versionNumber,
} from '../protocol.ts';
import { decodeInvocation } from './invocations.ts';

const PREFIX = 'x-amzn-sagemaker-';
const ATTRIBUTES = `${PREFIX}custom-attributes`;
const INVOCATIONS = /^\/endpoints\/([^/]+)\/invocations\/?$/;

/**
 * SageMaker's runtime: its own path, so that SDKs work through an endpoint URL, and the container's path where the
 * request has any of the runtime's headers; without, it is MLflow's, which reads the same bodies.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
 */
export const sagemaker: Protocol = {
  name: 'sagemaker',
  owns: ({ path, headers }) =>
    path.startsWith('/endpoints/') ||
    (path === '/invocations' && Object.keys(headers).some((name) => name.startsWith(PREFIX))),
  fail({ status, kind, message }) {
    const type = TYPES[kind] ?? 'ModelError';
    const original = type === 'ModelError' ? { OriginalStatusCode: status, OriginalMessage: message } : {};
    const { headers, ...rest } = json(status, { ErrorCode: type, Message: message, ...original });
    return { ...rest, headers: { ...headers, 'x-amzn-errortype': type } };
  },
  resolve(head, catalog) {
    const { method, path, headers } = head;
    const endpoint = INVOCATIONS.exec(path)?.[1];
    if (endpoint === undefined && path !== '/invocations')
      throw new ProtocolError(404, 'no such path in the SageMaker runtime, use /endpoints/NAME/invocations');
    allowMethods(method, 'POST');
    return { kind: 'infer', ...targetOf(head, catalog, endpoint), decode: decodeWith(headers) };
  },
};

/** Errors that the runtime names itself; all others are the model's. */
const TYPES: Partial<Record<FaultKind, string>> = {
  unauthenticated: 'AccessDeniedException',
  forbidden: 'AccessDeniedException',
  'unknown-path': 'ValidationError',
  'unknown-model': 'ValidationError',
  'unknown-version': 'ValidationError',
  'not-allowed': 'ValidationError',
  'too-many': 'ThrottlingException',
  internal: 'InternalFailure',
  'not-ready': 'ServiceUnavailable',
};

function targetOf({ headers }: RequestHead, catalog: Catalog, endpoint: string | undefined): RequestTarget {
  const model = headers[`${PREFIX}target-model`];
  return {
    // The file's name is the model's name where the file is not what is loaded.
    model:
      model?.replace(/^\//, '').replace(/\.(?:tar\.gz|onnx)$/, '') ??
      (endpoint === undefined ? undefined : modelOfDeployment(catalog, endpoint)),
    ...partOf(headers[`${PREFIX}target-variant`]),
  };
}

/** Production variants are the parts that versions play, or versions; an endpoint made by the SDK calls its only one AllTraffic. */
function partOf(text: string | undefined): { variant?: Variant; version?: number } {
  if (text === undefined || text === 'AllTraffic') return {};
  const variant = VARIANTS.find((each) => each === text);
  if (variant !== undefined) return { variant };
  if (/^\d/.test(text)) return { version: versionNumber(text, 400) };
  throw new ProtocolError(400, `no variant ${clip(text)}, there is ${VARIANTS.join(', ')}, AllTraffic or a version`, {
    kind: 'unknown-version',
  });
}

function decodeWith(headers: RequestHead['headers']): Decode {
  const id = headers[`${PREFIX}inference-id`];
  const attributes = headers[ATTRIBUTES];
  if (attributes !== undefined && !/^[\x20-\x7e]{0,1024}$/.test(attributes))
    throw new ProtocolError(400, `${ATTRIBUTES} is more than 1024 characters, or not printable ASCII`);
  return (request, protocolModel) => {
    const call = decodeInvocation(request, protocolModel, 'sagemaker');
    return {
      ...call,
      ...(id === undefined || id === '' ? {} : { id }),
      encode(result) {
        const response = call.encode(result);
        if (attributes === undefined) return response;
        return { ...response, headers: { ...response.headers, [ATTRIBUTES]: attributes } };
      },
    };
  };
}
