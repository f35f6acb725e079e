import type { RawTensor } from '../contract/check.ts';
import type { Signature, TensorSpec, TensorType } from '../model/signature.ts';
import type { TensorData } from '../model/tensor.ts';
import type { HttpRequest, HttpResponse } from '../serving/http.ts';
import type { Variant } from '../serving/variant.ts';

/** What a caller did wrong, or what cannot be had: said in full, in the form of the protocol that was spoken. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  /** When the same request may do better, for 429 and 503; it becomes a Retry-After. */
  readonly retryAfterSeconds: number | undefined;
  constructor(
    readonly status: number,
    message: string,
    options?: ErrorOptions & { readonly retryAfterSeconds?: number },
  ) {
    super(message, options);
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

/** A model as codecs need to know it; made once a version. */
export interface Wire {
  readonly model: string;
  readonly signature: Signature;
  readonly inputs: ReadonlyMap<string, TensorSpec>;
  readonly outputs: ReadonlyMap<string, TensorSpec>;
  /**
   * Whether JSON is read by our own scanner, which keeps every digit of 64-bit integers and tells `1.0` from `1`:
   * only where there is an input of integers. Elsewhere it is JSON.parse.
   */
  readonly exact: boolean;
}

export const isInteger = (type: TensorType): boolean => type.startsWith('int') || type.startsWith('uint');

export const wireOf = (model: string, signature: Signature): Wire => ({
  model,
  signature,
  inputs: new Map(signature.inputs.map((spec) => [spec.name, spec])),
  outputs: new Map(signature.outputs.map((spec) => [spec.name, spec])),
  exact: signature.inputs.some((spec) => isInteger(spec.type)),
});

export interface InferResult {
  readonly model: string;
  readonly version: number;
  /** Prediction id. */
  readonly id: string;
  readonly outputs: Readonly<Record<string, TensorData>>;
}

/** One decoded request. */
export interface InferCall {
  /** As the caller gave it in the body. */
  readonly id?: string;
  /** Every input of the graph, its shape fitting the graph's. */
  readonly inputs: ReadonlyMap<string, RawTensor>;
  /** Outputs that are wanted; undefined: all. */
  readonly outputs?: readonly string[];
  encode(result: InferResult): HttpResponse;
}

/** Turns a request's body into a call. @throws ProtocolError or InputError */
export type Decode = (request: HttpRequest, wire: Wire) => InferCall;

/** A version that is resident. */
export interface ServedVersion {
  readonly version: number;
  readonly variant: Variant;
  readonly signature: Signature;
}

/** What an endpoint serves, as protocols show it. */
export interface Catalog {
  /** Names of all models it is to serve, sorted. */
  models(): string[];
  /** Resident versions, champion first; empty while nothing is released or loaded; undefined for an unknown model. */
  versions(model: string): readonly ServedVersion[] | undefined;
}

/** What a path and a method ask for. */
export type Operation =
  | {
      readonly kind: 'infer';
      readonly model: string;
      readonly version?: number;
      readonly variant?: Variant;
      readonly decode: Decode;
    }
  | { readonly kind: 'show'; readonly show: (catalog: Catalog) => HttpResponse }
  | { readonly kind: 'release'; readonly model: string }
  | { readonly kind: 'truth'; readonly model: string };

/** An adapter between a wire protocol and the engine, which knows none of them. */
export interface Protocol {
  readonly name: string;
  /** Whether a path is this protocol's to answer. */
  owns(path: string): boolean;
  /** @throws ProtocolError 404, 405 or 501 */
  resolve(method: string, path: string): Operation;
  /** The protocol's own error. */
  fail(status: number, message: string): HttpResponse;
}

export const json = (status: number, value: unknown): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** `{"error": message}`, the form that v1, v2 and Trimtab's own paths share. */
export const errorObject = (status: number, message: string): HttpResponse => json(status, { error: message });

/** @throws ProtocolError 405 unless the method is one of those allowed */
export function allow(method: string, ...allowed: string[]): void {
  if (!allowed.includes(method))
    throw new ProtocolError(405, `method ${method} is not allowed, use ${allowed.join(' or ')}`);
}

/** Reads a version out of a path. @throws ProtocolError with `status` when it is not a number */
export function versionNumber(text: string, status: number): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new ProtocolError(status, `version ${clip(text)} is not a number, expected 1, 2, 3, …`);
  return Number(text);
}

/** A caller's text as a message may show it. */
export const clip = (text: string): string => (text.length > 64 ? `${text.slice(0, 63)}…` : text);

/** The versions of a model that can be shown. @throws ProtocolError 404 */
export function known(catalog: Catalog, model: string, version?: number): readonly ServedVersion[] {
  const versions = catalog.versions(model);
  if (versions === undefined) throw unknownModel(model, catalog.models());
  if (version === undefined) return versions;
  const found = versions.filter((served) => served.version === version);
  if (found.length === 0)
    throw unknownVersion(
      model,
      version,
      versions.map((served) => served.version),
    );
  return found;
}

export const unknownModel = (model: string, models: readonly string[]): ProtocolError =>
  new ProtocolError(404, `no model named ${clip(model)}, there is ${models.slice(0, 20).join(', ') || 'none'}`);

export const unknownVersion = (model: string, version: number, versions: readonly number[]): ProtocolError =>
  new ProtocolError(
    404,
    `version ${version} of model ${model} is not served, available: ${versions.join(', ') || 'none'}`,
  );
