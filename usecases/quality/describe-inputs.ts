import { ownValue } from '../../core/model/own-value.ts';
import type { FeatureInputs } from '../../core/quality/inputs.ts';
import type { HourInputs } from './count-inputs.ts';
import type { QualityView } from './quality-view.ts';

type InputView = QualityView['inputs'][number];

/** Features of which something was missing or broke the contract, hour by hour, most first. */
export function describeInputs(hours: readonly HourInputs[]): QualityView['inputs'] {
  const features = new Set(hours.flatMap((hour) => Object.keys(hour.features)));
  return [...features]
    .map((feature): InputView => {
      const shares = hours.map(({ hour, rows, features: all }) => ({
        hour,
        ...sharesOf([{ rows, counts: ownValue(all, feature) }]),
      }));
      const whole = sharesOf(hours.map(({ rows, features: all }) => ({ rows, counts: ownValue(all, feature) })));
      return { feature, ...whole, hours: shares };
    })
    .filter(({ missing, violations }) => missing + violations > 0)
    .sort((a, b) => b.missing + b.violations - (a.missing + a.violations) || a.feature.localeCompare(b.feature));
}

interface Part {
  /** Rows of the version, whatever is known of the feature. */
  readonly rows: number;
  readonly counts: FeatureInputs | undefined;
}

function sharesOf(parts: readonly Part[]): Pick<InputView, 'rows' | 'missing' | 'violations'> {
  let [rows, known, missing, violations] = [0, 0, 0, 0];
  for (const { rows: all, counts } of parts) {
    rows += all;
    known += counts?.rows ?? 0;
    missing += counts?.missing ?? 0;
    violations += Object.values(counts?.violations ?? {}).reduce((sum, count) => sum + count, 0);
  }
  return {
    rows,
    missing: known === 0 ? 0 : missing / known,
    violations: rows === 0 ? 0 : violations / rows,
  };
}
