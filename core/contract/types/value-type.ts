import * as z from 'zod';
import type { TensorType } from '../../model/signature.ts';

export const FeatureType = z.enum(['float', 'integer', 'string', 'boolean']).describe('What kind of value it is.');
export type FeatureType = z.infer<typeof FeatureType>;

/** A value as rules see it: a number, a boolean as 0 or 1, an integer of 64 bits with all its digits, or text. */
export type Value = number | bigint | string;

/** What was read of a cell: null where it is missing, undefined where it is nothing that the type is made of. */
export type Cell = Value | null | undefined;

/**
 * Values that certainly keep a rule, so that the pass over a request need not ask it: those within all that is said
 * here. `{}` is every value. Whoever says less than is true costs time and nothing else.
 */
export interface Certain {
  /** Numbers from here on. */
  readonly lowest?: number;
  /** Numbers up to here. */
  readonly highest?: number;
  /** Whole numbers only. */
  readonly whole?: boolean;
  /** Texts of at most this many UTF-16 units. */
  readonly maxUnits?: number;
  /** These only. */
  readonly values?: readonly Value[];
  /** true and false, which are read as 0 and 1. */
  readonly booleans?: boolean;
  /** What is missing, which no later rule is asked about. */
  readonly missing?: boolean;
}

/** A piece of JSON Schema 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a value of a feature is: in requests, and in words; what its literals in files are is in cells/. */
export interface ValueType {
  /** For messages. */
  readonly text: string;
  /** Reads a value of a request. */
  read(raw: unknown): Cell;
  /** Whether what was read is a value of the type; for an input, whose own values are among them. */
  accepts(value: Value, input?: TensorType): boolean;
  /** Of what {@link accepts} accepts. */
  readonly certain: Certain;
  /** A value in a request for this input, without what rules say of it. */
  openApi(input: TensorType): JsonSchema;
  /** A value to begin with, where nothing is known. */
  readonly example: Value;
  /** A value as JSON has it. */
  toJson(value: Value): string | number | boolean;
}
