import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { StoredRecord } from '../../core/registry/chain.ts';
import { ReleaseConflictError } from '../../core/registry/errors.ts';
import { Entry } from '../../core/registry/ledger.ts';
import { ModelVersion } from '../../core/registry/version.ts';
import type { Ledger } from '../ports.ts';
import { errorNameOf } from './failures.ts';
import { compressItem, decompressItem, type Item } from './items.ts';

const DIGITS = { ENTRY: 9, VERSION: 6 } as const;
const NUMBERS = { ENTRY: 999_999_999, VERSION: 999_999 } as const;
/** Partition that lists the models; one item a model. */
const MODELS = 'MODELS';
/** How often an append is tried again when another transaction touches the same item. */
const CROSSINGS = 5;

type Kind = keyof typeof DIGITS;

/**
 * The ledger as a table: `MODEL#<name>` / `ENTRY#000000012` and `MODEL#<name>` / `VERSION#000003`, and one partition
 * `MODELS` that lists the names. Every read is strongly consistent; nothing is ever updated.
 */
export class DynamoLedger implements Ledger {
  constructor(
    private readonly client: DynamoDBClient,
    readonly table: string,
  ) {}

  async latest(model: string): Promise<Entry | undefined> {
    const { Items = [] } = await this.client.send(
      new QueryCommand({
        TableName: this.table,
        ConsistentRead: true,
        ScanIndexForward: false,
        Limit: 1,
        ...within(model, 'ENTRY', 0, NUMBERS.ENTRY),
      }),
    );
    return Items[0] && Entry.parse(decompressItem(Items[0]));
  }

  async *entries(model: string, { from = 0, to = NUMBERS.ENTRY } = {}): AsyncIterable<Entry> {
    if (from <= to)
      for await (const item of this.#query(within(model, 'ENTRY', from, to))) yield Entry.parse(decompressItem(item));
  }

  async version(model: string, version: number): Promise<ModelVersion | undefined> {
    if (!Number.isSafeInteger(version) || version < 1) return undefined;
    const item = await this.#get(keyOf(model, 'VERSION', version));
    return item && ModelVersion.parse(decompressItem(item));
  }

  async *versions(model: string): AsyncIterable<ModelVersion> {
    for await (const item of this.#query(within(model, 'VERSION', 0, NUMBERS.VERSION)))
      yield ModelVersion.parse(decompressItem(item));
  }

  async *records(model: string): AsyncIterable<StoredRecord> {
    for await (const item of this.#query(within(model, 'VERSION', 0, NUMBERS.VERSION)))
      yield { version: Number(item.sk!.S!.slice('VERSION#'.length)), stored: decompressItem(item) };
  }

  async models(): Promise<string[]> {
    const names: string[] = [];
    for await (const item of this.#query({
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: MODELS } },
    }))
      names.push(item.sk!.S!);
    return names;
  }

  /** Keys of the table tell kinds apart: nothing gets among the entries. */
  async strays(): Promise<[]> {
    return [];
  }

  async append(entry: Entry, version?: ModelVersion): Promise<void> {
    const key = keyOf(entry.model, 'ENTRY', entry.number);
    const writeId = randomUUID();
    const item = { ...key, ...described(entry), ...compressItem(Entry.parse(entry)), writeId: { S: writeId } };
    for (let crossing = 0; ; crossing++) {
      try {
        await this.#write(item, version);
        return;
      } catch (error) {
        if (!refused(error) && !crossed(error)) throw error;
        const found = await this.#get(key);
        // The first try may have succeeded and only its answer been lost: then the entry in the way is our own.
        if (found?.writeId?.S === writeId) return;
        if (found === undefined && crossed(error) && crossing < CROSSINGS) {
          await sleep(20 * 2 ** crossing * (0.5 + Math.random()));
          continue;
        }
        const last = (await this.latest(entry.model))?.number ?? 0;
        throw new ReleaseConflictError(entry.model, entry.number - 1, last, { cause: error });
      }
    }
  }

  /** One conditional put; with a version record, all in one transaction. */
  async #write(item: Item, version?: ModelVersion): Promise<void> {
    const TableName = this.table;
    const entryIsNew = 'attribute_not_exists(pk)';
    if (version === undefined) {
      await this.client.send(new PutItemCommand({ TableName, Item: item, ConditionExpression: entryIsNew }));
      return;
    }
    const versionIsNew = 'attribute_not_exists(pk)';
    const record = {
      ...keyOf(version.model, 'VERSION', version.version),
      ...compressItem(ModelVersion.parse(version)),
    };
    await this.client.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName, Item: item, ConditionExpression: entryIsNew } },
          { Put: { TableName, Item: record, ConditionExpression: versionIsNew } },
          { Put: { TableName, Item: { pk: { S: MODELS }, sk: { S: version.model } } } },
        ],
      }),
    );
  }

  async #get(key: Item): Promise<Item | undefined> {
    const { Item } = await this.client.send(
      new GetItemCommand({ TableName: this.table, Key: key, ConsistentRead: true }),
    );
    return Item;
  }

  async *#query(condition: {
    KeyConditionExpression: string;
    ExpressionAttributeValues: Item;
  }): AsyncIterable<Record<string, AttributeValue>> {
    for await (const page of paginateQuery(
      { client: this.client },
      { TableName: this.table, ConsistentRead: true, ...condition },
    ))
      yield* page.Items ?? [];
  }
}

const sortKey = (kind: Kind, number: number): string => `${kind}#${String(number).padStart(DIGITS[kind], '0')}`;

const keyOf = (model: string, kind: Kind, number: number): Item => ({
  pk: { S: `MODEL#${model}` },
  sk: { S: sortKey(kind, number) },
});

const within = (model: string, kind: Kind, from: number, to: number) => ({
  KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
  ExpressionAttributeValues: {
    ':pk': { S: `MODEL#${model}` },
    ':from': { S: sortKey(kind, Math.max(0, from)) },
    ':to': { S: sortKey(kind, Math.min(NUMBERS[kind], Math.max(0, to))) },
  },
});

/** What a person who looks at the table wants to see without unpacking the body. */
const described = (entry: Entry): Item => ({
  kind: { S: entry.kind },
  at: { S: entry.at },
  actor: { S: entry.actor },
  reason: { S: entry.reason },
  ...(entry.version === null ? {} : { version: { N: String(entry.version) } }),
});

interface Cancelled {
  readonly CancellationReasons?: readonly { readonly Code?: string }[];
}
const reasons = (error: unknown): string[] =>
  ((error as Cancelled).CancellationReasons ?? []).map(({ Code }) => Code ?? '');

/** The item exists already. */
const refused = (error: unknown): boolean =>
  errorNameOf(error) === 'ConditionalCheckFailedException' || reasons(error).includes('ConditionalCheckFailed');

/** Another transaction was touching the item at that moment; neither need have succeeded. */
const crossed = (error: unknown): boolean =>
  errorNameOf(error) === 'TransactionConflictException' || reasons(error).includes('TransactionConflict');
