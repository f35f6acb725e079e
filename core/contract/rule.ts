import type { Feature, Violation } from './contract.ts';

/** A feature's rules, unfolded so that the pass over the rows compares and branches only. */
export interface Rule {
  readonly feature: string;
  /** Type in words, for messages. */
  readonly type: Feature['type'];
  readonly mayMiss: boolean;
  readonly integer: boolean;
  /** -Infinity and Infinity where there is no bound. */
  readonly min: number;
  readonly max: number;
  readonly allowed: ReadonlySet<unknown> | undefined;
  readonly maxLength: number;
  readonly policy: Feature['onViolation'];
  readonly personal: boolean;
  /** Allowed shape in words; only of a whole tensor. */
  readonly shape?: string;
}

export const ruleOf = (feature: Feature): Rule => ({
  feature: feature.name,
  type: feature.type,
  mayMiss: feature.missing === 'allow',
  integer: feature.type === 'integer',
  min: feature.min ?? -Infinity,
  max: feature.max ?? Infinity,
  allowed: feature.allowed && new Set(feature.allowed),
  maxLength: feature.maxLength ?? Infinity,
  policy: feature.onViolation,
  personal: feature.personal !== 'no',
});

/** What is allowed, in words; the first dozen of a long list. */
export function allowedText(rule: Rule, broken: Violation['rule']): string {
  switch (broken) {
    case 'missing':
      return 'a value';
    case 'type':
      return { float: 'a number', integer: 'an integer', string: 'a string', boolean: 'true or false' }[rule.type];
    case 'min':
      return `at least ${rule.min}`;
    case 'max':
      return `at most ${rule.max}`;
    case 'finite':
      return 'a finite number';
    case 'shape':
      return `shape ${rule.shape}`;
    case 'maxLength':
      return `at most ${rule.maxLength} characters`;
    case 'allowed': {
      const values = [...rule.allowed!];
      const more = values.length > 12 ? `, … (${values.length} values)` : '';
      return `one of ${values.slice(0, 12).join(', ')}${more}`;
    }
    default:
      return '';
  }
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  let text: string;
  if (typeof value === 'string') text = JSON.stringify(value.length > 40 ? value.slice(0, 41) : value);
  else if (Array.isArray(value)) text = 'an array';
  else if (typeof value === 'object' && value !== null && !(value instanceof Number)) text = 'an object';
  else text = String(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** The rules whose violation has a nearest allowed value. */
const CLAMPABLE: ReadonlySet<Violation['rule']> = new Set(['min', 'max', 'maxLength']);

/** Collects what was broken in one request: rejecting violations in full up to a limit, the rest as a count. */
export class Findings {
  /** Rejecting violations, at most `limit`. */
  readonly violations: Violation[] = [];
  /** All rejecting violations. */
  rejected = 0;
  /** Violations that were clamped or flagged. */
  tolerated = 0;

  constructor(readonly limit = 10) {}

  /** Records a broken rule. `holds` says whether the tensor can hold the value at all, whatever the policy. */
  add(rule: Rule, broken: Violation['rule'], value: unknown, row: number, holds: boolean): void {
    if (holds && (rule.policy === 'flag' || (rule.policy === 'clamp' && CLAMPABLE.has(broken)))) {
      this.tolerated++;
      return;
    }
    if (this.rejected++ >= this.limit) return;
    this.violations.push({
      feature: rule.feature,
      rule: broken,
      ...(rule.personal || broken === 'missing' ? {} : { received: shown(value) }),
      allowed: allowedText(rule, broken),
      row,
    });
  }
}
