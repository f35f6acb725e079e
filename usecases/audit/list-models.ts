import type { Home } from '../../platform/ports.ts';
import { type QualitySummary, summariseQuality } from '../quality/quality-summary.ts';
import type { ListedModel, ListView } from './list-view.ts';

/** The models of a home. One whose quality cannot be read is listed all the same. */
export async function listModels(home: Home): Promise<ListView> {
  const names = await home.ledger.models();
  const models = await Promise.all(names.map((model) => listed(home, model)));
  return { home: home.description, models: models.flatMap((each) => each ?? []) };
}

async function listed(home: Home, model: string): Promise<ListedModel | undefined> {
  const latest = await home.ledger.latest(model);
  if (latest === undefined) return undefined;
  const { champion, challengers, shadow, since } = latest.state;
  const { quality, unread } = await qualityOfChampion(home, model, champion);
  return {
    model,
    champion,
    challengers: challengers.map(({ version }) => version),
    shadow: shadow?.version ?? null,
    latest: latest.state.latest,
    since,
    changed: latest.at,
    quality,
    unread,
  };
}

async function qualityOfChampion(
  home: Home,
  model: string,
  champion: number | null,
): Promise<{ readonly quality: QualitySummary | null; readonly unread: string | null }> {
  try {
    const record = champion === null ? undefined : await home.ledger.version(model, champion);
    return { quality: record === undefined ? null : await summariseQuality(home, record), unread: null };
  } catch (error) {
    return { quality: null, unread: (error as Error).message };
  }
}
