import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { safeParse } from '../../core/errors/safe-parse.ts';
import { ScenarioPathError, withValues } from '../../core/simulation/places.ts';
import { Scenario } from '../../core/simulation/scenario.ts';
import { contentOfVariant, ScenarioFile, type ScenarioVariant } from '../../core/simulation/variants.ts';
import { UsageError } from '../errors.ts';
import { assertFileExists } from '../files.ts';
import { allowedFields } from './allowed-fields.ts';

/** A scenario file, not checked yet. */
export type ScenarioContent = Readonly<Record<string, unknown>>;

/** A place in a scenario file, and values to try there. */
export interface GridAxis {
  /** Such as `traffic.rate`, `versions.1.failures` or `versions.canary.failures`. */
  readonly path: string;
  readonly values: readonly unknown[];
}

/** One of the scenarios that a command plays. */
export interface Candidate {
  readonly at: Readonly<Record<string, unknown>>;
  readonly variant?: string;
  readonly scenario: Scenario;
}

/** Reads a scenario file as JSON. @throws UsageError */
export function readScenarioFile(file: string): ScenarioContent {
  assertFileExists(file);
  let content: unknown;
  try {
    // Editors of some systems put a byte-order mark in front, which is no JSON.
    content = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`);
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content as ScenarioContent;
  throw new UsageError(`${file} is no scenario: an object is expected, received ${shortened(content)}`);
}

/** A scenario out of what a file holds. @throws UsageError naming each fault by path, with what was received */
export function parseScenario(content: unknown, file: string): Scenario {
  return parsed(Scenario, content, file);
}

/** The variants of a file; none where it is one scenario. @throws UsageError */
export function candidatesOfVariants(content: ScenarioContent, file: string): Candidate[] {
  if (content.variants === undefined) return [];
  const variants = parsed(z.object({ variants: ScenarioFile.shape.variants }), { variants: content.variants }, file);
  return (variants.variants ?? []).map((variant: ScenarioVariant) => {
    const where = `${file}, variant ${variant.name}`;
    const changed = usable(where, () => contentOfVariant(content, variant));
    return { at: variant.set, variant: variant.name, scenario: parseScenario(changed, where) };
  });
}

/** Every combination of the axes' values, the last axis varying fastest. @throws UsageError */
export function candidatesOfGrid(content: ScenarioContent, file: string, axes: readonly GridAxis[]): Candidate[] {
  const combinations = axes.reduce<unknown[][]>(
    (rows, { values }) => rows.flatMap((row) => values.map((value) => [...row, value])),
    [[]],
  );
  return combinations.map((values) => {
    const placed = axes.map(({ path }, i) => [path, values[i]] as const);
    const changed = usable(`${file}, --grid`, () => withValues(content, placed));
    return { at: Object.fromEntries(placed), scenario: parseScenario(changed, file) };
  });
}

/** `path=value,value`. @throws UsageError */
export function parseGridAxis(text: string): GridAxis {
  const match = /^([^=]+)=(.+)$/.exec(text);
  if (!match) throw new UsageError(`a grid axis is path=value,value such as traffic.rate=0.2,1,5, received '${text}'`);
  return { path: match[1]!, values: match[2]!.split(',').map(jsonOrText) };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @throws UsageError naming what asked for a place that is none */
function usable<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof ScenarioPathError) throw new UsageError(`${where}: ${error.message}`);
    throw error;
  }
}

function parsed<T>(schema: z.ZodType<T>, content: unknown, file: string): T {
  // Schemas leave such fields out without a word.
  const unusable = [...placesOfProto(content)];
  if (unusable.length > 0)
    throw new UsageError(
      `${file} is no scenario:\n${unusable.map((place) => `  ${place.join('.')}: __proto__ is no name of a field`).join('\n')}`,
    );
  const result = safeParse(schema, content);
  if (result.success) return result.data;
  throw new UsageError(
    `${file} is no scenario:\n${result.error.issues.flatMap((issue) => faults(content, issue)).join('\n')}`,
  );
}

function* placesOfProto(content: unknown, above: readonly string[] = []): Generator<readonly string[]> {
  if (typeof content !== 'object' || content === null) return;
  for (const [key, value] of Object.entries(content)) {
    const place = [...above, key];
    if (key === '__proto__') yield place;
    else yield* placesOfProto(value, place);
  }
}

/** An issue in words: of alternatives, those of the one that came nearest. */
function faults(content: unknown, issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): string[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const allowed = allowedFields(ScenarioFile, content, path).join(', ');
    return issue.keys.map((key) => `  ${[...path, key].map(String).join('.')}: unknown field; allowed are: ${allowed}`);
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const deepest = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0]!;
    if (depth(deepest) > 0) return deepest.flatMap((each) => faults(content, each, path));
    const allowed = issue.errors.flatMap((each) => each.map(({ message }) => message)).join(', or: ');
    return [line(content, path, allowed)];
  }
  return [line(content, path, issue.message)];
}

const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(0, ...issues.map(({ path }) => path.length));

function line(content: unknown, path: readonly PropertyKey[], message: string): string {
  const received = path.reduce<unknown>(
    (at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part],
    content,
  );
  return `  ${path.map(String).join('.') || '(the whole file)'}: ${message}; received ${shortened(received)}`;
}

function shortened(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
