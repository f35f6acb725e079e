import type { ModelStatus, StatusView } from '../../usecases/release/status-view.ts';
import { formatBusinessMetrics } from './business-metrics.ts';
import { formatRelease } from './release.ts';

/** Every model's release as a picture, with what its predictions are worth. */
export function formatStatus({ models }: StatusView): string {
  if (models.length === 0) return 'no models yet: `trimtab register FOLDER`';
  return models.map(formatModel).join('\n\n');
}

const formatModel = ({ model, release, challengers, shadow, business, unread }: ModelStatus): string =>
  [
    formatRelease(model, release, { challengers: challengers ?? [], shadow }),
    ...formatBusinessMetrics(business ?? []),
    ...unread.map((sentence) => `  cannot be read: ${sentence}`),
  ].join('\n');
