import { MISSING_TOKENS } from '../contract/cells/literals.ts';
import type { Feature } from '../contract/contract.ts';
import type { RawTensor } from '../contract/raw-tensor.ts';
import { clip } from '../errors/format-value.ts';
import { type Fault, ProtocolError } from '../errors/protocol-error.ts';
import type { ExplainOptions, Explanation } from '../explain/explanation.ts';
import type { OutputMeaning } from '../manifest/manifest.ts';
import type { ExternalTensorSpec } from '../model/preprocess.ts';
import type { Signature, TensorSpec, TensorType } from '../model/signature.ts';
import type { TensorData } from '../model/tensor.ts';
import type { VersionStatistics } from '../observability/statistics.ts';
import type { TruthRecord } from '../serving/ground-truth.ts';
import type { HttpRequest, HttpResponse } from '../serving/http.ts';
import type { OutcomeRecord } from '../serving/outcome.ts';
import type { Variant } from '../serving/variant.ts';

export { clip } from '../errors/format-value.ts';
export { type Fault, type FaultKind, ProtocolError } from '../errors/protocol-error.ts';

/** What else of a model codecs may want to know. */
export interface ProtocolModelOptions {
  /** Labels of an output's columns, by the output's name, in column order; outputs without labels are left out. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** What outputs mean, by their names; those that the manifest says nothing of are left out. */
  readonly meanings: ReadonlyMap<string, OutputMeaning['meaning']>;
  /** Features of the contract, in the order of their columns: the names that tables have in their header. */
  readonly features: readonly Feature[];
  /** How missing numbers and booleans are written in text, as the contract says. */
  readonly missingTokens: readonly string[];
  /** Whether v1 writes NaN and infinities as the bare tokens that TensorFlow Serving writes, which are no JSON. */
  readonly tokens: boolean;
}

/** A model as codecs need to know it; made once a version. */
export interface ProtocolModel extends ProtocolModelOptions {
  readonly model: string;
  readonly signature: Signature;
  readonly inputs: ReadonlyMap<string, ExternalTensorSpec>;
  readonly outputs: ReadonlyMap<string, TensorSpec>;
  /**
   * Whether JSON is read so that integers keep every digit: only where an input or a feature is an integer, or a
   * feature a boolean, which 1.00000000000000000001 is none of. Elsewhere
   * it is JSON.parse.
   */
  readonly exact: boolean;
}

export const isInteger = (type: TensorType): boolean => type.startsWith('int') || type.startsWith('uint');

export const protocolModelOf = (
  model: string,
  signature: Signature,
  details: Partial<ProtocolModelOptions> = {},
): ProtocolModel => ({
  model,
  signature,
  inputs: new Map(signature.inputs.map((spec) => [spec.name, spec])),
  outputs: new Map(signature.outputs.map((spec) => [spec.name, spec])),
  exact:
    signature.inputs.some((spec) => isInteger(spec.type)) ||
    (details.features ?? []).some(({ type }) => type === 'integer' || type === 'boolean'),
  labels: details.labels ?? new Map(),
  meanings: details.meanings ?? new Map(),
  features: details.features ?? [],
  missingTokens: details.missingTokens ?? MISSING_TOKENS,
  tokens: details.tokens ?? false,
});

/** Values that travel beside tensors. */
export type Parameters = Readonly<Record<string, unknown>>;

export interface InferResult {
  readonly model: string;
  readonly version: number;
  /** Prediction id. */
  readonly id: string;
  /** Rows that were asked about, which outputs need not have as many of: a detector has as many as it finds. */
  readonly rows: number;
  readonly outputs: Readonly<Record<string, TensorData>>;
  /** What is said about the answer, where the protocol has a place for it. */
  readonly parameters?: Parameters;
}

/** One decoded request. */
export interface InferCall {
  /** As the caller gave it in the body. */
  readonly id?: string;
  /** Every input of the graph, its shape fitting the graph's. */
  readonly inputs: ReadonlyMap<string, RawTensor>;
  /** Outputs that are wanted; undefined: all. */
  readonly outputs?: readonly string[];
  /** The request's own parameters (`parameters` of v2, `params` of MLflow), as they came. */
  readonly parameters?: Parameters;
  encode(result: InferResult): HttpResponse;
}

/** A prediction, and why it is what it is. */
export interface ExplainResult extends InferResult {
  readonly explanation: Explanation;
}

/** One decoded request for an explanation; `explainCall` makes one of any protocol's decoded prediction. */
export interface ExplainCall extends Omit<InferCall, 'encode'> {
  readonly options: ExplainOptions;
  encode(result: ExplainResult): HttpResponse;
}

/** What became of predictions. */
export interface Feedback {
  readonly truths: readonly TruthRecord[];
  /** What they were worth; left out: nothing is said of that. */
  readonly outcomes?: readonly OutcomeRecord[];
  /** The answer once they are stored. */
  encode(unreadable: readonly UnreadableRecord[]): HttpResponse;
}

/** A truth that no version that is served could have meant. */
export interface UnreadableRecord {
  /** Its place among the records of the request, from 0. */
  readonly record: number;
  readonly reason: string;
}

/** Turns a request's body into a call. @throws ProtocolError or InputError */
export type Decode<Call = InferCall> = (request: HttpRequest, protocolModel: ProtocolModel) => Call;

/** A version that is resident. */
export interface ServedVersion {
  readonly version: number;
  readonly variant: Variant;
  readonly signature: Signature;
  /** What codecs know of it. */
  readonly protocolModel: ProtocolModel;
  /** Makes one row that its contract allows. */
  readonly example: () => ReadonlyMap<string, RawTensor>;
}

/** What an endpoint serves, as protocols show it. */
export interface Catalog {
  /** Names of all models it is to serve, sorted. */
  models(): string[];
  /** Resident versions, champion first; empty while nothing is released or loaded; undefined for an unknown model. */
  versions(model: string): readonly ServedVersion[] | undefined;
  /** Versions that are to have traffic and could not be loaded, with why. */
  notLoaded(model: string): readonly { readonly version: number; readonly variant: Variant; readonly reason: string }[];
  /** The model that requests without one mean, where the endpoint was told. */
  readonly defaultModel?: string | undefined;
  /** What versions have done so far: those of all models, of one, or one version. */
  statistics(model?: string, version?: number): readonly VersionStatistics[];
}

/** A request without its body, which nobody reads before it is known whose it is. */
export type RequestHead = Omit<HttpRequest, 'body'>;

/** Which model a request is for, and who of it answers. */
export interface RequestTarget {
  /** Left out: the endpoint's default, see `modelOf`. */
  readonly model?: string;
  readonly version?: number;
  readonly variant?: Variant;
}

/** What a request asks for. */
export type Operation =
  | ({ readonly kind: 'infer'; readonly decode: Decode } & RequestTarget)
  | ({ readonly kind: 'explain'; readonly decode: Decode<ExplainCall> } & RequestTarget)
  | { readonly kind: 'feedback'; readonly model?: string; readonly decode: (request: HttpRequest) => Feedback }
  | { readonly kind: 'show'; readonly show: (catalog: Catalog, request: HttpRequest) => HttpResponse }
  /** Answered by code that is loaded when somebody asks: it is no part of a cold start. */
  | { readonly kind: 'describe'; readonly describe: (catalog: Catalog) => Promise<HttpResponse> }
  | { readonly kind: 'release'; readonly model: string }
  | {
      readonly kind: 'repository';
      readonly action: 'load' | 'unload';
      readonly model: string;
      /** Reads the body for what cannot be had. @throws ProtocolError */
      readonly decode: (request: HttpRequest) => void;
      /** The answer once it is done. */
      readonly encode: () => HttpResponse;
    };

/** An adapter between a wire protocol and the engine, which knows none of them. */
export interface Protocol {
  readonly name: string;
  /** Whether a request is this protocol's to answer. */
  owns(head: RequestHead): boolean;
  /** @throws ProtocolError 404, 405 or 501 */
  resolve(head: RequestHead, catalog: Catalog): Operation;
  /** The protocol's own error. */
  fail(fault: Fault): HttpResponse;
}

export const json = (status: number, value: unknown): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** `{"error": message}`, the form that v1, v2 and Trimtab's own paths share. */
export const errorObject = ({ status, message }: Fault): HttpResponse => json(status, { error: message });

/** @throws ProtocolError 405 unless the method is one of those allowed */
export function allowMethods(method: string, ...allowed: string[]): void {
  if (!allowed.includes(method))
    throw new ProtocolError(405, `method ${method} is not allowed, use ${allowed.join(' or ')}`, { allowed });
}

/** Reads a version out of a path. @throws ProtocolError with `status` when it is not a number */
export function versionNumber(text: string, status: number): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new ProtocolError(status, `version ${clip(text)} is not a number, expected 1, 2, 3, …`);
  return Number(text);
}

/**
 * The model asked for; without a name the endpoint's default, or the only one it serves.
 *
 * @throws ProtocolError 400 when there are several, 404 when there is none
 */
export function modelOf(catalog: Catalog, name: string | undefined): string {
  const found = name ?? catalog.defaultModel;
  if (found !== undefined) return found;
  const models = catalog.models();
  if (models.length === 1) return models[0]!;
  if (models.length === 0)
    throw new ProtocolError(404, 'the request names no model, and there is none', { kind: 'unknown-model' });
  throw new ProtocolError(400, `the request names no model, expected one of ${models.slice(0, 20).join(', ')}`);
}

/** The versions of a model that can be shown, none for one that could not be loaded. @throws ProtocolError 404 */
export function known(catalog: Catalog, model: string, version?: number): readonly ServedVersion[] {
  const versions = catalog.versions(model);
  if (versions === undefined) throw unknownModel(model, catalog.models());
  if (version === undefined) return versions;
  const found = versions.filter((served) => served.version === version);
  if (found.length === 0 && notLoaded(catalog, model, version).length === 0)
    throw unknownVersion(
      model,
      version,
      versions.map((served) => served.version),
    );
  return found;
}

/** Versions of a model that are to have traffic and could not be loaded; of all, or one. */
export const notLoaded = (catalog: Catalog, model: string, version?: number): ReturnType<Catalog['notLoaded']> =>
  catalog.notLoaded(model).filter((each) => version === undefined || each.version === version);

export const unknownModel = (model: string, models: readonly string[]): ProtocolError =>
  new ProtocolError(404, `no model named ${clip(model)}, there is ${models.slice(0, 20).join(', ') || 'none'}`, {
    kind: 'unknown-model',
  });

export const unknownVersion = (model: string, version: number, versions: readonly number[]): ProtocolError =>
  new ProtocolError(
    404,
    `version ${version} of model ${model} is not served, available: ${versions.join(', ') || 'none'}`,
    { kind: 'unknown-version' },
  );
