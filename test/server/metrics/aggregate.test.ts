import { describe, expect, it } from 'vitest';
import { aggregateExpositions, countersOf } from '../../../server/metrics/aggregate.ts';

const page = (count: number, revision: number, waiting: number): string => `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{model="a b"} ${count}
# HELP trimtab_release_revision Revision.
# TYPE trimtab_release_revision gauge
trimtab_release_revision{model="a b"} ${revision}
# HELP trimtab_queue_requests Waiting.
# TYPE trimtab_queue_requests gauge
trimtab_queue_requests ${waiting}
`;

describe('summed', () => {
  it('gives what one process says as it is', () => {
    expect(aggregateExpositions([page(1, 2, 3)])).toBe(page(1, 2, 3));
  });

  it('adds up what each process has of its own, and takes the newest of what all know', () => {
    expect(aggregateExpositions([page(1, 2, 3), page(10, 1, 4)])).toBe(page(11, 2, 7));
  });

  it('keeps series that only one process has, in their family', () => {
    const other = page(10, 1, 4).replace('a b', 'c');
    const whole = aggregateExpositions([page(1, 2, 3), other]);
    expect(whole.split('\n').slice(2, 4)).toEqual(['requests_total{model="a b"} 1', 'requests_total{model="c"} 10']);
  });

  it('takes of what all have, such as when they started, the largest', () => {
    const started = (at: number) =>
      `# HELP process_start_time_seconds S.\n# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds ${at}\n`;
    expect(aggregateExpositions([started(5), started(7)])).toBe(started(7));
  });
});

describe('countersOf', () => {
  it('leaves out gauges, and nothing else', () => {
    const [first] = page(1, 2, 3).split('# HELP trimtab');
    expect(`${countersOf(page(1, 2, 3))}`.trimEnd()).toBe(first!.trimEnd());
    expect(aggregateExpositions([page(10, 1, 4), countersOf(page(1, 2, 3))])).toBe(page(11, 1, 4));
  });
});
