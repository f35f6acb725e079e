import { DEFAULT_VERSIONS } from './scenario-fields.ts';

/** A place in a scenario that does not exist. */
export class ScenarioPathError extends Error {
  override readonly name = 'ScenarioPathError';
}

type Container = Record<string, unknown>;

/**
 * The content with values put in their places; what is missing on the way is made. Versions are called by their place
 * from 0, or by their name.
 *
 * @param values in the order in which they are put, by path: `traffic.rate`, `versions.1.failures`
 * @throws ScenarioPathError where there is no such place, or one value would hide another
 */
export function withValues(
  content: unknown,
  values: readonly (readonly [path: string, value: unknown])[],
): Readonly<Record<string, unknown>> {
  const copy = structuredClone(content) as Container;
  const taken: { readonly path: string; readonly place: readonly string[] }[] = [];
  for (const [path, value] of values) {
    const place = put(copy, path, value);
    const other = taken.find((each) => isWithin(place, each.place) || isWithin(each.place, place));
    if (other)
      throw new ScenarioPathError(`${path} leads to the same place as ${other.path}: one would hide the other`);
    taken.push({ path, place });
  }
  return copy;
}

/** @returns where the value went, with places in lists as numbers */
function put(content: Container, path: string, value: unknown): string[] {
  const parts = path.split('.');
  if (parts.includes('__proto__')) throw new ScenarioPathError(`${path}: __proto__ is no name of a field`);
  // Versions that a file leaves unsaid are there all the same.
  if (parts[0] === 'versions' && parts.length > 1 && !Object.hasOwn(content, 'versions'))
    content.versions = structuredClone(DEFAULT_VERSIONS);
  const place: string[] = [];
  let at = content;
  for (const [i, part] of parts.entries()) {
    const key = keyIn(at, part, path);
    place.push(key);
    if (i === parts.length - 1) {
      at[key] = structuredClone(value);
      break;
    }
    if (!Object.hasOwn(at, key)) at[key] = {};
    if (typeof at[key] !== 'object' || at[key] === null)
      throw new ScenarioPathError(`${path} leads through ${part}, which is ${JSON.stringify(at[key])}`);
    at = at[key] as Container;
  }
  return place;
}

/** The key that a part of a path stands for. Lists have places, one more than there are, and what is in them may have names. */
function keyIn(at: Container, part: string, path: string): string {
  if (!Array.isArray(at)) return part;
  if (/^(0|[1-9]\d*)$/.test(part) && Number(part) <= at.length) return part;
  const names = at.map(nameOf);
  const found = names.indexOf(part);
  if (found >= 0) return String(found);
  const named = names.filter((name) => name !== undefined && !name.includes('.'));
  throw new ScenarioPathError(
    `${path} leads to ${part} of a list; allowed are: its places, 0 to ${at.length}` +
      (named.length === 0 ? '' : `, and its names, ${named.join(', ')}`),
  );
}

function nameOf(item: unknown): string | undefined {
  const { name } = (item ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' ? name : undefined;
}

/** Whether a place is another, or in it. */
const isWithin = (place: readonly string[], other: readonly string[]): boolean =>
  other.every((part, i) => place[i] === part);
