import './zod-jitless.ts';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import middy from '@middy/core';
import { loggedRequests } from '../../core/observability/access-log.ts';
import { openHome } from '../../platform/home.ts';
import { Endpoint } from '../../usecases/serving/endpoint.ts';
import {
  basePath,
  type HttpEvent,
  type HttpResult,
  httpEventOf,
  resultOf,
  toHttpRequest,
} from './api-gateway-event.ts';
import { openRoles, refusalByClaims, rolesSource } from './authorize.ts';
import { cacheBytes } from './cache-bytes.ts';
import { originSecret, refusalByOrigin } from './origin.ts';

/** How long a response waits for a refresh of the release in progress, which would not go on in a frozen function. */
const SETTLE_MS = 50;

/** How long the start waits for the endpoint to open: Lambda allows ten seconds, after which the first request waits. */
const START_MS = 8_000;

/**
 * The endpoint is opened once, while the execution environment starts, where loading does not delay a request.
 *
 * TRIMTAB_ACCESS_LOG decides which requests are logged: none, problems (by default), all, or a share.
 * TRIMTAB_HOME is the home; TRIMTAB_MODELS the models, comma-separated (all by default); TRIMTAB_DEFAULT_MODEL the model
 * of requests that name none (the only one by default); TRIMTAB_CACHE the folder for model files and TRIMTAB_CACHE_MB what
 * they may take there (as much as the folder takes by default). TRIMTAB_ROLES says who
 * decides what a caller may do: `gateway` (by default), or `claims`, where the authorizer says which roles a caller has, and
 * TRIMTAB_OPEN_ROLES which everybody has. TRIMTAB_BASE_PATH is the path under a domain of one's own that the API is at,
 * TRIMTAB_ORIGIN_SECRET the secret that the distribution in front shows.
 */
const ROLES_SOURCE = rolesSource(process.env.TRIMTAB_ROLES);
const OPEN_ROLES = openRoles(process.env.TRIMTAB_OPEN_ROLES);
const ORIGIN_SECRET = originSecret(process.env);
const BASE_PATH = basePath(process.env.TRIMTAB_BASE_PATH);
const opening = open();
// The first request reports a failure to open; until then it must not end the process.
opening.catch(() => undefined);

/**
 * Resolves when the endpoint is open; the loader of scripts/build/code-cache.ts waits for it. Otherwise an environment
 * that is started ahead of requests would be frozen while it loads, and its time limits would expire when it goes on.
 */
export const ready: Promise<void> = started();

async function started(): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, START_MS);
  });
  await Promise.race([opening.catch(() => undefined), late]);
  clearTimeout(timer);
}

async function open(): Promise<Endpoint> {
  const { TRIMTAB_MODELS: models, TRIMTAB_DEFAULT_MODEL: defaultModel, TRIMTAB_CACHE: cache } = process.env;
  return Endpoint.open({
    home: await openHome(),
    models: models === undefined || models === 'all' ? 'all' : models.split(',').map((name) => name.trim()),
    defaultModel,
    cacheFolder: cache ?? join(tmpdir(), 'trimtab'),
    cacheBytes: cacheBytes(process.env.TRIMTAB_CACHE_MB),
    ...instanceOf(process.env.AWS_LAMBDA_LOG_STREAM_NAME),
    accessLog: {
      requests: loggedRequests(process.env.TRIMTAB_ACCESS_LOG ?? 'problems'),
      service: {
        name: process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'trimtab',
        version: process.env.AWS_LAMBDA_FUNCTION_VERSION,
      },
      faas: true,
    },
  });
}

/** An execution environment is known by its log stream, which is named `2026/11/30/[12]` and 32 digits of its own. */
const instanceOf = (logStream: string | undefined): { readonly instance?: string } =>
  logStream ? { instance: logStream.slice(logStream.lastIndexOf(']') + 1) } : {};

/** Checks the event only; rows are checked when tensors are filled. */
const parsed: middy.MiddlewareObj<HttpEvent, HttpResult> = {
  before(request) {
    request.event = httpEventOf(request.event);
  },
};

export const handler = middy<HttpEvent, HttpResult>()
  .use(parsed)
  .handler(async (event) => {
    const endpoint = await opening;
    const request = toHttpRequest(event, BASE_PATH);
    const secret = await ORIGIN_SECRET();
    const past = secret === undefined ? undefined : refusalByOrigin(event, request, secret);
    if (past !== undefined) return resultOf(past, request);
    const refusal = ROLES_SOURCE === 'claims' ? refusalByClaims(event, request, OPEN_ROLES) : undefined;
    if (refusal !== undefined) return resultOf(refusal, request);
    const response = await endpoint.handle(request);
    await endpoint.settle(SETTLE_MS);
    return resultOf(response, request);
  });
