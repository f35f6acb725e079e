import { expect, it } from 'vitest';
import { withDuck } from '../../../platform/duckdb/connection.ts';

it('ends the query that is running when it is told to, and refuses others', async () => {
  const controller = new AbortController();
  await withDuck({ signal: controller.signal }, async (duck) => {
    // Without end, as far as anybody would wait.
    const endless = duck.rows(
      'SELECT count(*) FROM range(10000000000) a, range(10000000000) b WHERE (a.range * b.range) % 7 = 3',
    );
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(endless).rejects.toThrow(/interrupt/i);
    await expect(duck.run('SELECT 1')).rejects.toThrow('enough');
  });
});
