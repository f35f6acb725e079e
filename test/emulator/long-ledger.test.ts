import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { decide } from '../../core/registry/decide.ts';
import { EMPTY_STATE } from '../../core/registry/ledger.ts';
import { openAwsHome } from '../../platform/aws/home.ts';
import { DynamoLedger } from '../../platform/aws/ledger.ts';
import { readEntryAt } from '../../usecases/registry/read-history.ts';
import { Registry } from '../../usecases/registry/registry.ts';
import { describeStatus } from '../../usecases/release/describe-status.ts';
import { versionRecord } from '../platform/contract/record.ts';
import { createResources } from './resources.ts';

const LONG = 500;
const SHORT = 10;

const instant = (number: number): string => new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString();

describe('A ledger in DynamoDB', () => {
  it(`of ${LONG} entries costs a decision, the status and the last page of the history what one of ${SHORT} does`, async () => {
    const environment = await createResources();
    const client = new DynamoDBClient({});
    const cost = { requests: 0, items: 0 };
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        const { Items = [], Item } = answer.output as { Items?: unknown[]; Item?: unknown };
        cost.requests++;
        cost.items += Items.length + (Item === undefined ? 0 : 1);
        return answer;
      },
      { step: 'initialize' },
    );
    const ledger = new DynamoLedger(client, environment.TRIMTAB_TABLE!);
    const real = await openAwsHome(environment);
    const home = { ...real, ledger };
    const registry = new Registry(home, 'test');
    const count = async (work: () => Promise<unknown>) => {
      Object.assign(cost, { requests: 0, items: 0 });
      await work();
      return { ...cost };
    };
    const costs = [];
    for (const [model, length] of [
      ['short', SHORT],
      ['long', LONG],
    ] as const) {
      let state = EMPTY_STATE;
      let waiting: Promise<void>[] = [];
      for (let number = 1; number <= length; number++) {
        const command =
          number === 1
            ? ({ type: 'register', version: 1, reason: 'r' } as const)
            : ({ type: 'hold', because: 'infrastructure', version: 1, reason: 'r' } as const);
        const entry = decide(state, command, { model, at: instant(number), actor: 'test' });
        waiting.push(ledger.append(entry, number === 1 ? versionRecord(model, 1) : undefined));
        if (waiting.length === 20 || number === length) {
          await Promise.all(waiting);
          waiting = [];
        }
        state = entry.state;
      }
      costs.push({
        decide: await count(() =>
          registry.apply(model, { type: 'hold', because: 'infrastructure', version: 1, reason: 'r' }),
        ),
        status: await count(() => describeStatus(home, registry, model)),
        page: await count(() => registry.lastEntries(model, { limit: 5 })),
        answered: await count(() => registry.entriesSince(model, new Date(instant(length)))),
      });
      const at = await count(async () => expect((await readEntryAt(ledger, model, instant(7)))?.number).toBe(7));
      expect(at.items).toBeLessThan(20);
    }
    expect(costs[1]).toEqual(costs[0]);
    expect(costs[0]).toMatchObject({ decide: { requests: 2, items: 1 }, page: { requests: 2, items: 6 } });
    await real.close();
  });
});
