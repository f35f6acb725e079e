import { describe, expect, it } from 'vitest';
import { checkAlarms } from '../../../cli/doctor/aws/alarms.ts';
import { checkTable } from '../../../cli/doctor/aws/table.ts';

const ALARM = { name: 'trimtab.dev.m.champion.Failure', state: 'OK', reason: '', actions: true } as const;
const TABLE = {
  status: 'ACTIVE',
  key: 'pk HASH, sk RANGE',
  encryption: 'KMS',
  pointInTimeRecovery: true,
  deletionProtection: false,
  skewMs: 0,
};

describe('the doctor on AWS', () => {
  it('wants all alarms of a model that was deployed, and none of one that was registered later', () => {
    const expected = [ALARM.name, 'trimtab.dev.m.champion.Latency'];
    expect(checkAlarms('alarms of m', expected, [ALARM])).toMatchObject([
      { status: 'fail', found: '1 of 2 are not there: trimtab.dev.m.champion.Latency' },
    ]);
    expect(checkAlarms('alarms of m', expected, [])).toMatchObject([
      { status: 'ok', found: expect.stringContaining('the judge looks at it each minute') },
    ]);
  });

  it('wants the table protected from deletion, but for that of a preview', () => {
    const wrong = (preview: boolean) => checkTable('t', TABLE, preview).filter(({ status }) => status !== 'ok');
    expect(wrong(false)).toMatchObject([{ name: 'table deletion protection', status: 'fail' }]);
    expect(wrong(true)).toEqual([]);
  });
});
