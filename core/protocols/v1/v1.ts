import type { TensorSpec, TensorType } from '../../model/signature.ts';
import type { Variant } from '../../serving/variant.ts';
import {
  allowMethods,
  type Catalog,
  clip,
  errorObject,
  json,
  known,
  notLoaded,
  type Operation,
  type Protocol,
  ProtocolError,
  type ServedVersion,
  versionNumber,
} from '../protocol.ts';
import { notReady } from '../readiness.ts';
import { decodeClassify, decodeRegress } from './examples.ts';
import { decodeExplainV1 } from './explain.ts';
import { decodeV1 } from './predict.ts';

/**
 * TensorFlow Serving's REST API, with KServe v1's paths where the two agree on a URL.
 * https://www.tensorflow.org/tfx/serving/api_rest
 */
export const v1: Protocol = {
  name: 'v1',
  owns: ({ method, path }) =>
    path === '/v1' || path.startsWith('/v1/') || (path === '/' && (method === 'GET' || method === 'HEAD')),
  fail: errorObject,
  resolve({ method, path }) {
    // Where KServe's clients of version 1 ask whether the server is alive.
    if (path === '/') return show(method, () => json(200, { status: 'alive' }));
    if (path === '/v1/models' || path === '/v1/models/')
      return show(method, (catalog) => json(200, { models: catalog.models() }));
    const found =
      /^\/v1\/models\/([^/:]+)(?:\/versions\/([^/:]+)|\/labels\/([^/:]+))?(?::([a-z]+)|\/(metadata))?$/.exec(path);
    if (found === null) throw new ProtocolError(404, "no such path in TensorFlow Serving's REST API v1");
    const [, model = '', versionText, label, verb, metadata] = found;
    const version = versionText === undefined ? undefined : versionNumber(versionText, 400);
    const variant = label === undefined ? undefined : variantOf(label);
    if (verb !== undefined) {
      assertVerb(verb);
      allowMethods(method, 'POST');
      if (verb === 'explain') return { kind: 'explain', model, version, variant, decode: decodeExplainV1 };
      return { kind: 'infer', model, version, variant, decode: DECODERS[verb] };
    }
    const choose = <V extends { readonly variant: Variant }>(versions: readonly V[]) =>
      versions.filter((each) => variant === undefined || each.variant === variant);
    if (metadata !== undefined)
      return show(method, (catalog) => describe(catalog, model, choose(known(catalog, model, version))));
    return show(method, (catalog) =>
      status(model, choose(known(catalog, model, version)), choose(notLoaded(catalog, model, version))),
    );
  },
};

const DECODERS = { predict: decodeV1, classify: decodeClassify, regress: decodeRegress };

function assertVerb(verb: string): asserts verb is keyof typeof DECODERS | 'explain' {
  if (verb !== 'explain' && !Object.hasOwn(DECODERS, verb))
    throw new ProtocolError(404, `no verb :${clip(verb)}, use :predict, :classify, :regress or :explain`);
}

function show(method: string, answer: Extract<Operation, { kind: 'show' }>['show']): Operation {
  allowMethods(method, 'GET', 'HEAD');
  return { kind: 'show', show: answer };
}

/** Labels are the parts that versions play, by our names and by those that TensorFlow Serving's users give them. */
const LABELS: Readonly<Record<string, Variant>> = {
  champion: 'champion',
  challenger: 'challenger',
  shadow: 'shadow',
  stable: 'champion',
  canary: 'challenger',
};

function variantOf(label: string): Variant {
  const found = Object.hasOwn(LABELS, label) ? LABELS[label] : undefined;
  if (found === undefined)
    throw new ProtocolError(400, `no label ${clip(label)}, there is ${Object.keys(LABELS).join(', ')}`);
  return found;
}

/**
 * TensorFlow Serving's status and KServe's readiness in one object. A version that could not be loaded has come to its
 * end there, with the error that it came to it by.
 */
function status(model: string, versions: readonly ServedVersion[], failed: ReturnType<Catalog['notLoaded']>) {
  return json(versions.length === 0 ? 503 : 200, {
    name: model,
    ready: versions.length > 0,
    model_version_status: [
      ...versions.map(({ version }) => ({
        version: String(version),
        state: 'AVAILABLE',
        status: { error_code: 'OK', error_message: '' },
      })),
      ...failed.map(({ version, variant, reason }) => ({
        version: String(version),
        state: 'END',
        status: { error_code: 'UNAVAILABLE', error_message: `it is to be the ${variant} and is not loaded: ${reason}` },
      })),
    ],
  });
}

function describe(catalog: Catalog, model: string, versions: readonly ServedVersion[]) {
  const [served] = versions;
  if (served === undefined) throw notReady(model, catalog.notLoaded(model));
  const { inputs, outputs } = served.signature;
  return json(200, {
    model_spec: { name: model, signature_name: '', version: String(served.version) },
    metadata: {
      signature_def: {
        signature_def: {
          serving_default: {
            inputs: tensors(inputs),
            outputs: tensors(outputs),
            method_name: 'tensorflow/serving/predict',
          },
        },
      },
    },
  });
}

const DTYPES: Readonly<Record<TensorType, string>> = {
  float32: 'DT_FLOAT',
  float64: 'DT_DOUBLE',
  float16: 'DT_HALF',
  int8: 'DT_INT8',
  int16: 'DT_INT16',
  int32: 'DT_INT32',
  int64: 'DT_INT64',
  uint8: 'DT_UINT8',
  uint16: 'DT_UINT16',
  uint32: 'DT_UINT32',
  uint64: 'DT_UINT64',
  bool: 'DT_BOOL',
  string: 'DT_STRING',
};

const tensors = (specs: readonly TensorSpec[]) =>
  Object.fromEntries(
    specs.map(({ name, type, shape }) => [
      name,
      {
        dtype: DTYPES[type],
        tensor_shape: { dim: shape.map((size) => ({ size: String(size), name: '' })), unknown_rank: false },
        name,
      },
    ]),
  );
