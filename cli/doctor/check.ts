import type { Finding } from './doctor-view.ts';

/** What is missing from a finding that is not `ok`. */
export type Advice = { readonly [K in 'expected' | 'remedy']: NonNullable<Finding[K]> };

export const ok = (name: string, found: string): Finding => ({
  name,
  status: 'ok',
  found,
  expected: null,
  remedy: null,
});
export const warn = (name: string, found: string, advice: Advice): Finding => ({
  name,
  status: 'warn',
  found,
  ...advice,
});
export const fail = (name: string, found: string, advice: Advice): Finding => ({
  name,
  status: 'fail',
  found,
  ...advice,
});
export const skipped = (name: string, found: string, remedy: string | null = null): Finding => ({
  name,
  status: 'skipped',
  found,
  expected: null,
  remedy,
});

/** Looks at one thing, from what it is given. */
export interface DoctorCheck<C> {
  /** What it looks at, where it cannot even look. */
  readonly name: string;
  look(context: C): Promise<Finding[]>;
}

/** Makes all checks. One that cannot be made is a finding, and keeps no other from being made. */
export async function examine<C>(checks: readonly DoctorCheck<C>[], context: C): Promise<Finding[]> {
  const findings = await Promise.all(
    checks.map(({ name, look }) =>
      look(context).catch((error: unknown) => [
        fail(name, errorReason(error), {
          expected: 'that it can be looked at',
          remedy: 'see the message; the rest was looked at',
        }),
      ]),
    ),
  );
  return findings.flat();
}

/** An error in one line. */
export function errorReason(error: unknown): string {
  const { name, message, cause } = error instanceof Error ? error : new Error(String(error));
  const text = message === '' || message === 'UnknownError' ? name : message;
  return cause instanceof Error && cause.message !== '' && !text.includes(cause.message)
    ? `${text}: ${cause.message}`
    : text;
}
