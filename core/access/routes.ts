import type { RouteRole } from './roles.ts';

/** Requests that need one role. */
export interface AccessRoute {
  readonly methods: readonly string[];
  /**
   * Path by segments: `{name}` stands for any one segment, what is after it (`{model}:predict`) for the end of that
   * segment. A slash at the end of a request's path does not count.
   */
  readonly path: string;
  readonly role: RouteRole;
}

const GET = ['GET', 'HEAD'];
const POST = ['POST'];

const routes = (role: RouteRole, methods: readonly string[], ...paths: string[]): AccessRoute[] =>
  paths.map((path) => ({ methods, path, role }));

/** A model, and a version of it, by the protocols that have both. */
const V2_MODELS = ['/v2/models/{model}', '/v2/models/{model}/versions/{version}'];
const V1_MODELS = ['/v1/models/{model}', '/v1/models/{model}/versions/{version}', '/v1/models/{model}/labels/{label}'];
/** Seldon's API by itself, and behind its ingress, whose namespace may be left out. */
const SELDON = ['', '/seldon/{model}', '/seldon/{namespace}/{model}'];
const SELDON_API = SELDON.flatMap((prefix) => [`${prefix}/api/v1.0`, `${prefix}/api/v0.1`]);

/**
 * Every route of every protocol with what it needs, the most frequent first. The standalone server finds the role of a
 * request here, and the endpoint on AWS has its routes and their permissions of it. A test walks the protocols' routes
 * and fails on one that is not here, or that does something else here than there.
 */
export const ACCESS_ROUTES: readonly AccessRoute[] = [
  ...routes('predict', POST, ...V2_MODELS.map((path) => `${path}/infer`)),
  ...routes(
    'predict',
    POST,
    ...V1_MODELS.flatMap((path) => ['predict', 'classify', 'regress'].map((verb) => `${path}:${verb}`)),
  ),
  ...routes('predict', ['POST', 'PUT'], '/predictions/{model}', '/predictions/{model}/{version}'),
  ...routes('predict', POST, '/endpoints/{endpoint}/invocations', '/invocations'),
  ...routes('predict', POST, ...SELDON_API.map((path) => `${path}/predictions`)),

  ...routes('open', GET, '/v2/health/live', '/v2/health/ready'),
  ...routes('open', GET, '/', '/ping', '/health', '/ready', '/live', '/health/status', '/health/ping'),
  ...routes(
    'open',
    GET,
    ...SELDON.slice(1).flatMap((path) =>
      ['ready', 'live', 'health/status', 'health/ping'].map((name) => `${path}/${name}`),
    ),
  ),

  ...routes('truth', POST, '/trimtab/v1/models/{model}/truth', '/trimtab/v1/models/{model}/outcomes'),
  ...routes('truth', POST, ...SELDON_API.map((path) => `${path}/feedback`)),

  ...routes(
    'explain',
    POST,
    ...V2_MODELS.map((path) => `${path}/explain`),
    ...V1_MODELS.map((path) => `${path}:explain`),
  ),
  ...routes('explain', ['POST', 'PUT'], '/explanations/{model}', '/explanations/{model}/{version}'),

  ...routes('operate', POST, '/v2/repository/models/{model}/load', '/v2/repository/models/{model}/unload'),

  ...routes('metrics', GET, '/metrics'),

  ...routes('read', POST, '/v2/repository/index'),
  ...routes('read', GET, '/v2', '/v2/models', '/v2/models/stats'),
  ...routes('read', GET, ...V2_MODELS.flatMap((path) => [path, `${path}/ready`, `${path}/stats`])),
  ...routes('read', GET, '/v1/models', ...V1_MODELS.flatMap((path) => [path, `${path}/metadata`])),
  ...routes('read', GET, '/models', '/models/{model}', '/models/{model}/{version}'),
  ...routes('read', GET, ...SELDON_API.flatMap((path) => [`${path}/metadata`, `${path}/metadata/{name}`])),
  ...routes('read', GET, '/trimtab/v1/models/{model}/release', '/version', '/openapi.json'),
  // TorchServe describes itself where it is asked for its options.
  ...routes('read', ['OPTIONS'], '/', '/models', '/models/{model}', '/models/{model}/{version}'),
  ...routes('read', ['OPTIONS'], '/predictions', '/predictions/{model}', '/predictions/{model}/{version}'),
  ...routes('read', ['OPTIONS'], '/explanations', '/explanations/{model}', '/explanations/{model}/{version}'),
];
