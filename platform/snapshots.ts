import type { Entry } from '../core/registry/ledger.ts';
import { loadedRoutes } from '../core/serving/route.ts';
import { PlatformError } from './errors.ts';
import type { Home, ObjectStore } from './ports.ts';
import type { ReleaseSnapshot } from './snapshot-schema.ts';

/** Folder of the artifact store in which releases are kept. */
export const RELEASES = 'releases/';
const LAST_REVISION = 999_999_999;
const NAME = /^releases\/([^/]+)\/(\d{9})\.json$/;

/** Stores list by key and the newest is wanted first, so the number counts down. */
export const countdownOf = (revision: number): string => String(LAST_REVISION - revision).padStart(9, '0');
/** The number that a countdown stands for. */
export const revisionOf = (countdown: string): number => LAST_REVISION - Number(countdown);

const keyOf = (model: string, revision: number): string => `${RELEASES}${model}/${countdownOf(revision)}.json`;

/**
 * Keeps the release after an entry in the artifact store, once, under a key of its own, so that it does not matter who
 * is first or how often.
 *
 * @returns false when nothing has traffic, or it was kept before
 */
export async function storeSnapshot(
  home: Pick<Home, 'ledger' | 'artifacts'>,
  { model, state }: Pick<Entry, 'model' | 'state'>,
): Promise<boolean> {
  const numbers = loadedRoutes(state).map(({ version }) => version);
  if (numbers.length === 0) return false;
  const versions = await Promise.all(numbers.map((version) => home.ledger.version(model, version)));
  const absent = numbers.find((_, i) => versions[i] === undefined);
  if (absent !== undefined) throw new PlatformError(`version ${absent} of ${model} has traffic and no record`);
  const body = JSON.stringify({ state, versions });
  return home.artifacts.put(keyOf(model, state.revision), body, { contentType: 'application/json', ifAbsent: true });
}

/** When the release after an entry was stored, by the clock of the store; undefined when it is not kept. */
export const keptAt = async (
  artifacts: Pick<ObjectStore, 'head'>,
  model: string,
  revision: number,
): Promise<Date | undefined> => (await artifacts.head(keyOf(model, revision)))?.modifiedAt;

/** Revision of the snapshot that a key is of; undefined for another key. */
export function snapshotRevision(key: string): number | undefined {
  const name = NAME.exec(key);
  return name === null ? undefined : revisionOf(name[2]!);
}

/** Revision of a model's newest snapshot; 0 when there is none. */
export async function newestRevision(artifacts: Pick<ObjectStore, 'list'>, model: string): Promise<number> {
  for await (const { key } of artifacts.list(`${RELEASES}${model}/`)) {
    const revision = snapshotRevision(key);
    if (revision !== undefined) return revision;
  }
  return 0;
}

/** A model's newest snapshot, if it is newer than a revision. @throws when it cannot be read */
export async function newestSnapshot(
  artifacts: Pick<ObjectStore, 'list' | 'get'>,
  model: string,
  newerThan = 0,
): Promise<ReleaseSnapshot | undefined> {
  const revision = await newestRevision(artifacts, model);
  if (revision <= newerThan) return undefined;
  const text = new TextDecoder().decode(await artifacts.get(keyOf(model, revision)));
  // Loaded here only: a start that reaches the ledger pays for no schema.
  const { parseSnapshot } = await import('./snapshot-schema.ts');
  return parseSnapshot(text);
}

/** All snapshots of a model, newest first. @throws when one cannot be read */
export async function* snapshotsOf(
  artifacts: Pick<ObjectStore, 'list' | 'get'>,
  model: string,
): AsyncIterable<ReleaseSnapshot> {
  const { parseSnapshot } = await import('./snapshot-schema.ts');
  for await (const { key } of artifacts.list(`${RELEASES}${model}/`))
    if (NAME.test(key)) yield parseSnapshot(new TextDecoder().decode(await artifacts.get(key)));
}

/** Names of all models with a snapshot, in the order of their keys: one look for each. */
export async function modelsWithSnapshots(artifacts: Pick<ObjectStore, 'list'>): Promise<string[]> {
  const models: string[] = [];
  for (let after: string | undefined; ; ) {
    const model = await nextModel(artifacts, after);
    if (model === undefined) return models;
    models.push(model);
    // Behind everything that begins with the model's folder: '0' follows '/'.
    after = `${RELEASES}${model}0`;
  }
}

async function nextModel(artifacts: Pick<ObjectStore, 'list'>, after?: string): Promise<string | undefined> {
  for await (const { key } of artifacts.list(RELEASES, { after })) {
    const name = NAME.exec(key);
    if (name) return name[1];
  }
  return undefined;
}
