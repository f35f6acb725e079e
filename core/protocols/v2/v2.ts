import type { TensorSpec } from '../../model/signature.ts';
import type { HttpResponse } from '../../serving/http.ts';
import { tableColumns } from '../formats/table.ts';
import {
  allowMethods,
  errorObject,
  json,
  known,
  type Operation,
  type Protocol,
  ProtocolError,
  type ProtocolModel,
  versionNumber,
} from '../protocol.ts';
import { canServe, notReady, troubles } from '../readiness.ts';
import { datatypeOf } from './datatypes.ts';
import { decodeExplainV2 } from './explain.ts';
import { decodeV2 } from './infer.ts';
import { repositoryOperation } from './repository.ts';
import { showStatistics } from './statistics.ts';

export const SERVER = {
  name: 'trimtab',
  version: '0.1.0',
  extensions: ['binary_tensor_data', 'classification', 'model_repository', 'statistics', 'parameters'],
};

/**
 * Open Inference Protocol v2, as KServe, Triton and MLServer speak it over HTTP.
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 */
export const v2: Protocol = {
  name: 'v2',
  owns: ({ path }) => path === '/v2' || path.startsWith('/v2/'),
  fail: errorObject,
  resolve({ method, path }) {
    const parts = path.split('/').slice(2);
    if (parts.at(-1) === '') parts.pop();
    if (parts.includes('')) throw noPath();
    const [head, model, ...rest] = parts;
    if (head === undefined) return show(method, () => json(200, SERVER));
    if (head === 'health' && parts.length === 2) {
      if (model === 'live') return show(method, () => json(200, { live: true }));
      if (model === 'ready')
        return show(method, (catalog) => readiness(canServe(catalog), troubles(catalog, catalog.models())));
    }
    if (head === 'models') {
      if (model === undefined) return show(method, (catalog) => json(200, { models: catalog.models() }));
      if (model === 'stats' && rest.length === 0) return show(method, (catalog) => showStatistics(catalog));
      const operation = modelOperation(method, model, rest);
      if (operation !== undefined) return operation;
    }
    if (head === 'repository') {
      const operation = repositoryOperation(method, parts.slice(1));
      if (operation !== undefined) return operation;
    }
    throw noPath();
  },
};

const noPath = (): ProtocolError => new ProtocolError(404, 'no such path in the Open Inference Protocol v2');

function modelOperation(method: string, model: string, rest: string[]): Operation | undefined {
  let version: number | undefined;
  if (rest[0] === 'versions' && rest[1] !== undefined) {
    version = versionNumber(rest[1], 404);
    rest = rest.slice(2);
  }
  if (rest.length > 1) return undefined;
  switch (rest[0]) {
    case 'infer':
      allowMethods(method, 'POST');
      return { kind: 'infer', model, version, decode: decodeV2 };
    case 'explain':
      allowMethods(method, 'POST');
      return { kind: 'explain', model, version, decode: decodeExplainV2 };
    case 'ready':
      return show(method, (catalog) =>
        readiness(isReady(known(catalog, model, version)), troubles(catalog, [model], version)),
      );
    case 'stats':
      return show(method, (catalog) => showStatistics(catalog, model, version));
    case undefined:
      return show(method, (catalog) => {
        const versions = known(catalog, model, version);
        const [served] = versions;
        if (served === undefined) throw notReady(model, catalog.notLoaded(model));
        return json(200, {
          name: model,
          versions: versions.map((each) => String(each.version)),
          platform: 'onnxruntime_onnx',
          inputs: served.signature.inputs.map((spec) => inputMetadata(spec, served.protocolModel)),
          outputs: served.signature.outputs.map(metadata),
        });
      });
    default:
      return undefined;
  }
}

function show(method: string, answer: Extract<Operation, { kind: 'show' }>['show']): Operation {
  allowMethods(method, 'GET', 'HEAD');
  return { kind: 'show', show: answer };
}

const isReady = (versions: readonly unknown[] | undefined): boolean => versions !== undefined && versions.length > 0;

/** An input, and the names of its features where they are others than its own: requests may have a tensor for each. */
function inputMetadata(spec: TensorSpec, protocolModel: ProtocolModel): object {
  const features = tableColumns(protocolModel).filter((column) => column.single && column.spec.name === spec.name);
  const named = features.some(({ name }) => name !== spec.name);
  return { ...metadata(spec), ...(named ? { parameters: { features: features.map(({ name }) => name) } } : {}) };
}

const readiness = (ready: boolean, reasons: readonly string[]): HttpResponse =>
  json(ready ? 200 : 503, reasons.length === 0 ? { ready } : { ready, reason: reasons.join('; ') });

const metadata = (spec: TensorSpec) => ({ name: spec.name, datatype: datatypeOf(spec.type), shape: spec.shape });
