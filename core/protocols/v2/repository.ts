import type { HttpRequest } from '../../serving/http.ts';
import { bodyText, parseJson } from '../formats/json.ts';
import { assertJsonMedia } from '../formats/media.ts';
import { kindOf } from '../formats/tensors.ts';
import { isObject, type Json } from '../formats/values.ts';
import { allowMethods, type Catalog, json, type Operation, ProtocolError } from '../protocol.ts';

/**
 * Triton's model repository extension: `index`, `models/NAME/load` and `models/NAME/unload`, below `/v2/repository`.
 * The repository is the registry: what is to be loaded is said there, and a request can only ask for it now.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_model_repository.md
 *
 * @param parts the path's parts below `/v2/repository`
 * @returns undefined for a path that the extension does not have
 */
export function repositoryOperation(method: string, parts: readonly string[]): Operation | undefined {
  const [head, model, action, ...rest] = parts;
  if (head === 'index' && parts.length === 1) {
    allowMethods(method, 'POST');
    return { kind: 'show', show: (catalog, request) => json(200, index(catalog, readBody(request).ready === true)) };
  }
  if (head !== 'models' || model === undefined || rest.length > 0) return undefined;
  if (action !== 'load' && action !== 'unload') return undefined;
  allowMethods(method, 'POST');
  return {
    kind: 'repository',
    action,
    model,
    decode: readParameters,
    encode: () => json(200, { name: model, [action]: true }),
  };
}

/** Every version that is served, those that could not be loaded, and the models of which there is none. */
function index(catalog: Catalog, ready: boolean) {
  return catalog.models().flatMap((name) => {
    const served = [...new Set((catalog.versions(name) ?? []).map(({ version }) => version))];
    const found = served.map((version) => ({ name, version: String(version), state: 'READY', reason: '' }));
    if (ready) return found;
    const failed = catalog.notLoaded(name).map(({ version, variant, reason }) => ({
      name,
      version: String(version),
      state: 'UNAVAILABLE',
      reason: `it is to be the ${variant} and is not loaded: ${reason}`,
    }));
    if (found.length + failed.length > 0) return [...found, ...failed];
    return [{ name, version: '', state: 'UNAVAILABLE', reason: 'no version is released and loaded' }];
  });
}

/** @throws ProtocolError 415, or 400 for parameters that would bring a model or its configuration along */
function readParameters(request: HttpRequest): void {
  assertJsonMedia(request.headers['content-type']);
  const { parameters } = readBody(request);
  if (parameters === undefined || parameters === null) return;
  if (!isObject(parameters)) throw new ProtocolError(400, `parameters is ${kindOf(parameters)}, expected an object`);
  const foreign = Object.keys(parameters).find((name) => name === 'config' || name.startsWith('file:'));
  if (foreign !== undefined)
    throw new ProtocolError(400, `parameter ${foreign.slice(0, 40)} is not taken: models come from the registry only`);
}

/** An object; nothing at all is an empty one. @throws ProtocolError 400 */
function readBody({ body }: HttpRequest): Json {
  if (body.length === 0) return {};
  const message = parseJson(bodyText(body), false);
  if (!isObject(message)) throw new ProtocolError(400, `the body is ${kindOf(message)}, expected an object`);
  return message;
}
