import { ProtocolError, type RequestTarget, unknownVersion } from '../../core/protocols/protocol.ts';
import { notReady } from '../../core/protocols/readiness.ts';
import type { HttpRequest } from '../../core/serving/http.ts';
import type { Route } from '../../core/serving/route.ts';
import { VARIANTS } from '../../core/serving/variants.ts';
import type { ServedModel } from './served-model.ts';

type Headers = HttpRequest['headers'];

/**
 * What a caller sticks to a version by, and so what is given a version at random: its own key, else who the request is
 * about; undefined where it is nothing but the request.
 */
export const routingUnit = (headers: Headers): string | undefined =>
  headers['x-trimtab-routing-key'] || headers['x-trimtab-subject'] || undefined;

/** Whether a request asks for one version or variant, so that it is not given one at random. */
export const namesVersion = ({ version, variant }: RequestTarget): boolean =>
  version !== undefined || variant !== undefined;

/**
 * The version or variant that a request names: as its protocol has it, else by the headers that every protocol takes.
 *
 * @throws ProtocolError 400 for a header that names nothing there could be
 */
export function routeTarget(target: RequestTarget, headers: Headers): RequestTarget {
  if (namesVersion(target)) return target;
  const version = headers['x-trimtab-version'];
  const variant = headers['x-trimtab-variant'];
  if (version === undefined && variant === undefined) return target;
  return {
    ...target,
    ...(version === undefined ? {} : { version: versionOf(version) }),
    ...(variant === undefined ? {} : { variant: variantOf(variant) }),
  };
}

function versionOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new ProtocolError(400, `x-trimtab-version is a whole number from 1, received '${text.slice(0, 40)}'`);
  return Number(text);
}

function variantOf(text: string) {
  const found = VARIANTS.find((variant) => variant === text);
  if (found === undefined)
    throw new ProtocolError(400, `x-trimtab-variant is ${VARIANTS.join(', ')}, received '${text.slice(0, 40)}'`);
  return found;
}

/** The version asked for, else the one that the key falls to. @throws ProtocolError 404 or 503 */
export function choose(model: ServedModel, target: RequestTarget, key: string): Route {
  const { version, variant } = target;
  const route = namesVersion(target) ? model.find({ version, variant }) : model.route(key);
  if (route !== undefined) return route;
  const versions = model.versions().map((served) => served.version);
  if (version !== undefined) throw unknownVersion(model.name, version, versions);
  if (variant !== undefined && versions.length > 0)
    throw new ProtocolError(404, `model ${model.name} has no ${variant} now`, { kind: 'unknown-version' });
  throw notReady(model.name, model.notLoaded());
}
