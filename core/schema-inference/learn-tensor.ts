import { numberRange } from '../contract/integer-range.ts';
import { lengthsOf, summarise } from '../contract/summary.ts';
import { TensorRule } from '../contract/tensor-rule.ts';
import { flagging } from '../contract/violation-policy.ts';
import type { TensorSpec } from '../model/signature.ts';
import type { TensorData } from '../model/tensor.ts';
import { widened, widenedWhole } from './widen.ts';

/**
 * Learns the rules for a whole input from what the reference has of it, as `inferContract` does for columns: sizes and
 * ranges a fifth wider than the spread that was seen, NaN and infinities only where there were some. Where a rule would allow all
 * that the input's type does, there is none.
 */
export class TensorLearner {
  private readonly sizes: { least: number; most: number }[];
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;
  private finite = true;
  private longest = 0;

  /** @param strict whether elements beyond what was seen are rejected; else they are flagged */
  constructor(
    private readonly spec: TensorSpec,
    private readonly strict = false,
  ) {
    this.sizes = spec.shape.map(() => ({ least: Number.POSITIVE_INFINITY, most: 0 }));
  }

  /** @param tensor of the input's type and rank */
  add(tensor: TensorData): void {
    const { shape, data, type } = tensor;
    for (const [axis, seen] of this.sizes.entries()) {
      seen.least = Math.min(seen.least, shape[axis]!);
      seen.most = Math.max(seen.most, shape[axis]!);
    }
    if (Array.isArray(data)) {
      this.longest = Math.max(this.longest, lengthsOf(tensor, 0, data.length).max);
      return;
    }
    const { min, max, odd } = summarise(data, type === 'float16', 0, data.length);
    if (min < this.min) this.min = min;
    if (max > this.max) this.max = max;
    if (odd > 0) this.finite = false;
  }

  rule(): TensorRule {
    const { name, type } = this.spec;
    const bounds = type === 'string' ? this.length() : this.range();
    return TensorRule.parse({
      name,
      shape: this.shape(),
      ...bounds,
      ...(this.finite ? {} : { finite: false }),
      ...(this.strict ? {} : flagging(bounds)),
    });
  }

  /** How many rows come at once is not for the reference to say: it has one at a time. */
  private shape(): TensorRule['shape'] {
    return this.spec.shape.map((own, axis) => {
      if (own !== -1) return own;
      const { least, most } = this.sizes[axis]!;
      if (axis === 0 || least > most) return null;
      if (least === most) return most;
      const { min, max } = widenedWhole(least, most);
      return { min: Math.max(1, min), max };
    });
  }

  private length(): Pick<TensorRule, 'maxLength'> {
    return { maxLength: widenedWhole(0, Math.max(1, this.longest)).max };
  }

  private range(): Pick<TensorRule, 'min' | 'max'> {
    const { type } = this.spec;
    if (type === 'bool' || this.min > this.max) return {};
    const { min, max } = (type.startsWith('float') ? widened : widenedWhole)(this.min, this.max);
    const own = numberRange(type);
    return {
      ...(own !== undefined && min <= own.lowest ? {} : { min }),
      ...(own !== undefined && max >= own.highest ? {} : { max }),
    };
  }
}
