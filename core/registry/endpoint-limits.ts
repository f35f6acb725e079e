import * as z from 'zod';

/** Output of a stack that says what a version must fit into. */
export const LIMITS_OUTPUT = 'EndpointLimits';

/** What an endpoint on AWS holds a version to, as its deployment says. Sizes are in units of 1,048,576 bytes, as Lambda's. */
export const EndpointLimits = z.strictObject({
  /** Memory of its function. */
  memoryMb: z.int().positive(),
  /** Model files in its temporary folder, with what belongs to them. */
  cacheMb: z.int().positive(),
});
export type EndpointLimits = z.infer<typeof EndpointLimits>;

/** Of the temporary folder, what is left to everything that is no model file: the last releases, what is being written. */
const RESERVE_MB = 32;

/** What model files may take of a function's temporary folder. */
export const cacheMbOf = (temporaryMb: number): number => temporaryMb - RESERVE_MB;

const MB = 1024 * 1024;
/** What the function holds before it has loaded anything; bytes. Measured: docs/limits.md. */
const BASE_BYTES = 150 * MB;
/** Memory while a model is opened, and afterwards, as a multiple of its file; of models that are mostly constants. */
const OPENING = 2;
const OPEN = 1;

/** A file of a version. */
export interface SizedVersion {
  readonly version: number;
  readonly bytes: number;
}

/**
 * What keeps a version from being served by an endpoint: versions that have traffic go on until it is loaded, so that the
 * files and the memory of all have to fit.
 *
 * @param bytes of the version's file
 * @param beside versions that stay loaded meanwhile: the champion, those that share its traffic, one in the shadow
 * @returns sentences that say what is needed, what is allowed, and what gives more; empty when it fits
 */
export function fitProblems(bytes: number, beside: readonly SizedVersion[], limits: EndpointLimits): string[] {
  const others = beside.reduce((sum, each) => sum + each.bytes, 0);
  const numbers = beside.map(({ version }) => version).join(', ');
  const besides = beside.length === 0 ? '' : ` beside version${beside.length > 1 ? 's' : ''} ${numbers}`;
  const files = bytes + others;
  const memory = BASE_BYTES + OPENING * bytes + OPEN * others;
  const temporaryMb = Math.ceil(files / MB) + RESERVE_MB;
  return [
    ...(files <= limits.cacheMb * MB
      ? []
      : [
          `its file needs ${mb(files)} MB${besides}, of the endpoint’s temporary folder, which has ${limits.cacheMb.toLocaleString('en-US')} MB for model files: ${raise('temporaryMb', temporaryMb)}`,
        ]),
    ...(memory <= limits.memoryMb * MB
      ? []
      : [
          `to open it takes about ${mb(memory)} MB of memory${besides}, and the endpoint has ${limits.memoryMb.toLocaleString('en-US')} MB: ${raise('memoryMb', Math.ceil(memory / MB))}`,
        ]),
  ];
}

const mb = (bytes: number): string => Math.ceil(bytes / MB).toLocaleString('en-US');

/** What a function on Lambda has at most, of memory and of its temporary folder. */
const MOST_MB = 10_240;
const raise = (member: string, wanted: number): string =>
  wanted > MOST_MB
    ? 'no function has that much, so make the model smaller'
    : `deploy with endpoint.${member} of at least ${wanted}, or make the model smaller`;
