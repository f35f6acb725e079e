import { DynamoDBClient, PutItemCommand, paginateScan, ScanCommand } from '@aws-sdk/client-dynamodb';
import { PlatformError } from '../errors.ts';
import type { AwsHomeName } from '../home-name.ts';
import type { Home } from '../ports.ts';
import { clientConfig } from './client-config.ts';
import { parseAwsEnvironment } from './environment.ts';
import { errorNameOf } from './failures.ts';
import { openAwsHome } from './home.ts';
import type { Item } from './items.ts';
import { environmentOfHome } from './outputs.ts';

/** An item of a table that was restored, held against the table that is in use. */
export interface RestoredItem {
  /** Its key: `MODEL#fraud ENTRY#000000012`. */
  readonly name: string;
  /** Whether the table in use has another item there, or none. */
  readonly found: 'another' | 'none';
  readonly item: Item;
}

/** A home on AWS, and the ledger that a restored table of its holds. */
export interface RestoredLedger {
  /** The home as it is. */
  readonly live: Home;
  /** The same with the restored table. */
  readonly restored: Home;
  readonly table: { readonly live: string; readonly restored: string };
  /** Items of the restored table that the one in use has otherwise, or lacks, by key; those that came later are no matter. */
  differing(): Promise<RestoredItem[]>;
  /** Puts items back as they were, in place of what is there. */
  putBack(items: readonly RestoredItem[]): Promise<void>;
  close(): Promise<void>;
}

/** @throws PlatformError when the table is the one in use, or there is none of that name */
export async function openRestoredLedger(name: AwsHomeName, restored: string): Promise<RestoredLedger> {
  const env = await environmentOfHome(process.env, name);
  const { TRIMTAB_TABLE: live } = parseAwsEnvironment(env);
  if (live === restored)
    throw new PlatformError(`${restored} is the table in use: name the one that was restored beside it`);
  const { profile } = name;
  const client = new DynamoDBClient({ ...clientConfig(10_000), ...(profile !== undefined && { profile }) });
  await assertThere(client, restored, live);
  const homes = await Promise.all([
    openAwsHome(env, profile),
    openAwsHome({ ...env, TRIMTAB_TABLE: restored }, profile),
  ]);
  return {
    live: homes[0],
    restored: homes[1],
    table: { live, restored },
    differing: () => differingItems(client, restored, live),
    putBack: async (items) => {
      for (const { item } of items) await client.send(new PutItemCommand({ TableName: live, Item: item }));
    },
    close: async () => {
      client.destroy();
      await Promise.all(homes.map((home) => home.close()));
    },
  };
}

async function assertThere(client: DynamoDBClient, restored: string, live: string): Promise<void> {
  try {
    await client.send(new ScanCommand({ TableName: restored, Limit: 1 }));
  } catch (error) {
    client.destroy();
    if (errorNameOf(error) !== 'ResourceNotFoundException') throw error;
    throw new PlatformError(
      `there is no table ${restored} beside ${live}, the one in use: restore that to a point in time under the name ${restored} first, or give the name under which it was restored`,
    );
  }
}

const nameOf = ({ pk, sk }: Item): string => `${pk?.S} ${sk?.S}`;

/** What an item holds, whatever the order of its attributes. */
const textOf = (item: Item): string => JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));

async function itemsOf(client: DynamoDBClient, table: string): Promise<Map<string, Item>> {
  const items = new Map<string, Item>();
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table, ConsistentRead: true }))
    for (const item of Items) items.set(nameOf(item), item);
  return items;
}

async function differingItems(client: DynamoDBClient, restored: string, live: string): Promise<RestoredItem[]> {
  const [then, now] = await Promise.all([itemsOf(client, restored), itemsOf(client, live)]);
  if (then.size === 0) throw new PlatformError(`the table ${restored} is empty: it is not restored yet, or no ledger`);
  return [...then]
    .flatMap(([name, item]): RestoredItem[] => {
      const there = now.get(name);
      if (there === undefined) return [{ name, found: 'none', item }];
      return textOf(there) === textOf(item) ? [] : [{ name, found: 'another', item }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
