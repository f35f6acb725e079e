import * as z from 'zod';
import { isKept } from './kept-text.ts';

/** A model's name: it becomes part of URLs, object keys and metric dimensions, so it is kept plain. */
export const ModelName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a model name is 1 to 63 of a-z, 0-9 and -, and does not start with -')
  .describe('Name of the model.');
export type ModelName = z.infer<typeof ModelName>;

/** Name of an installation, which tells it apart from others in one account and region. */
export const EnvironmentName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,15}$/, 'an environment is 1 to 16 of a-z, 0-9 and -, and starts with a letter');

/** How names of previews begin. No other environment of a configuration with previews has such a name. */
export const PREVIEW_PREFIX = 'preview-';

/** Whether an environment is called as previews are. */
export const isPreviewName = (environment: string): boolean => environment.startsWith(PREVIEW_PREFIX);

/** Versions count 1, 2, 3, … within a model. */
export const VersionNumber = z.int().min(1).describe('Number of a version of the model.');
export type VersionNumber = z.infer<typeof VersionNumber>;

/** SHA-256 of a file's bytes, lower-case hexadecimal. */
export const Digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a digest is 64 hexadecimal digits')
  .describe('SHA-256, lower-case hexadecimal.');
export type Digest = z.infer<typeof Digest>;

/** An instant, ISO 8601 in UTC with milliseconds: `2026-01-31T12:00:00.000Z`. */
export const Instant = z.iso.datetime({ precision: 3 }).describe('An instant, ISO 8601 in UTC with milliseconds.');
export type Instant = z.infer<typeof Instant>;

/**
 * A name that values are found by in records, such as captures, where `__proto__` is dropped when they are read, and in
 * files.
 *
 * @param what it is the name of, for people: `a feature`
 */
export const recordName = (what: string): z.ZodString =>
  z
    .string()
    .refine((name) => name !== '__proto__', `__proto__ is no name of ${what}`)
    .refine(isKept, `the name of ${what} is Unicode text without NUL`);
