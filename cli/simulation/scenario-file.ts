import { readFileSync } from 'node:fs';
import type * as z from 'zod';
import { Scenario } from '../../core/simulation/scenario.ts';
import { assertFileExists } from '../arguments.ts';
import { UsageError } from '../errors.ts';

/** A place in a scenario file, and values to try there. */
export interface GridAxis {
  /** Such as `traffic.rate` or `versions.1.failures`. */
  readonly path: string;
  readonly values: readonly unknown[];
}

/** Reads a scenario file as JSON. @throws UsageError */
export function readScenarioFile(file: string): unknown {
  assertFileExists(file);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`);
  }
}

/** A scenario out of what a file holds. @throws UsageError naming each fault by path, with what was received */
export function parseScenario(content: unknown, file: string): Scenario {
  const parsed = Scenario.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `${file} is no scenario:\n${parsed.error.issues.flatMap((issue) => faults(content, issue)).join('\n')}`,
  );
}

/** `path=value,value`. @throws UsageError */
export function parseGridAxis(text: string): GridAxis {
  const match = /^([\w$.-]+)=(.+)$/.exec(text);
  if (!match) throw new UsageError(`a grid axis is path=value,value such as traffic.rate=0.2,1,5, received '${text}'`);
  return { path: match[1]!, values: match[2]!.split(',').map(jsonOrText) };
}

/** The content with a value put at a path; what is missing on the way is made. @throws UsageError */
export function withValueAt(content: unknown, path: string, value: unknown): unknown {
  const copy = structuredClone(content);
  const parts = path.split('.');
  let at = copy as Record<string, unknown>;
  for (const part of parts.slice(0, -1)) {
    at[part] ??= {};
    if (typeof at[part] !== 'object')
      throw new UsageError(`${path} leads through ${part}, which is ${JSON.stringify(at[part])}`);
    at = at[part] as Record<string, unknown>;
  }
  at[parts.at(-1)!] = value;
  return copy;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** An issue in words: of alternatives, those of the one that came nearest. */
function faults(content: unknown, issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): string[] {
  const path = [...above, ...issue.path];
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
