import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  type Put,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { ReleaseConflictError } from '../../core/registry/errors.ts';
import { Entry } from '../../core/registry/ledger.ts';
import { ModelVersion } from '../../core/registry/version.ts';
import type { Ledger } from '../ports.ts';

/**
 * The ledger in one DynamoDB table: partition `MODEL#name`, sort key `ENTRY#000000012` or `VERSION#000003`, the item's
 * content as JSON in `body`. Entries also carry a few plain attributes, so that a person can read the table.
 */
export class DynamoLedger implements Ledger {
  constructor(
    private readonly client: DynamoDBClient,
    readonly table: string,
  ) {}

  async latest(model: string): Promise<Entry | undefined> {
    const { Items } = await this.client.send(
      new QueryCommand({ ...this.#under(model, 'ENTRY#'), ScanIndexForward: false, Limit: 1 }),
    );
    const body = Items?.[0]?.body?.S;
    return body === undefined ? undefined : Entry.parse(JSON.parse(body));
  }

  async *entries(model: string, { from = 1, to = 999_999_999 } = {}): AsyncIterable<Entry> {
    const query: QueryCommandInput = {
      TableName: this.table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :model AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: {
        ':model': { S: partition(model) },
        ':from': { S: entryKey(from) },
        ':to': { S: entryKey(to) },
      },
    };
    for await (const body of this.#bodies(query)) yield Entry.parse(body);
  }

  async append(entry: Entry, version?: ModelVersion): Promise<void> {
    const parsed = Entry.parse(entry);
    const page: Put = {
      TableName: this.table,
      Item: {
        pk: { S: partition(entry.model) },
        sk: { S: entryKey(entry.number) },
        kind: { S: entry.kind },
        at: { S: entry.at },
        actor: { S: entry.actor },
        reason: { S: entry.reason },
        body: { S: JSON.stringify(parsed) },
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    };
    try {
      // Numbers have no gaps: the decision was made on entry n - 1, and nothing deletes entries.
      if (version === undefined) await this.client.send(new PutItemCommand(page));
      else await this.#appendBoth(page, ModelVersion.parse(version));
    } catch (error) {
      if (!lost(error)) throw error;
      const found = (await this.latest(entry.model))?.number ?? 0;
      throw new ReleaseConflictError(entry.model, entry.number - 1, found, { cause: error });
    }
  }

  async version(model: string, version: number): Promise<ModelVersion | undefined> {
    const { Item } = await this.client.send(
      new GetItemCommand({
        TableName: this.table,
        Key: { pk: { S: partition(model) }, sk: { S: versionKey(version) } },
        ConsistentRead: true,
      }),
    );
    return Item?.body?.S === undefined ? undefined : ModelVersion.parse(JSON.parse(Item.body.S));
  }

  async *versions(model: string): AsyncIterable<ModelVersion> {
    for await (const body of this.#bodies(this.#under(model, 'VERSION#'))) yield ModelVersion.parse(body);
  }

  /** Every model has an entry number 1: a scan for those is the list. Models are few and this is asked rarely. */
  async models(): Promise<string[]> {
    const names: string[] = [];
    let start: Record<string, never> | undefined;
    do {
      const page = await this.client.send(
        new ScanCommand({
          TableName: this.table,
          ConsistentRead: true,
          FilterExpression: 'sk = :first',
          ExpressionAttributeValues: { ':first': { S: entryKey(1) } },
          ProjectionExpression: 'pk',
          ExclusiveStartKey: start,
        }),
      );
      for (const item of page.Items ?? []) names.push(item.pk!.S!.slice('MODEL#'.length));
      start = page.LastEvaluatedKey as typeof start;
    } while (start !== undefined);
    return names.sort();
  }

  #appendBoth(page: Put, version: ModelVersion): Promise<unknown> {
    const record: Put = {
      TableName: this.table,
      Item: {
        pk: { S: partition(version.model) },
        sk: { S: versionKey(version.version) },
        digest: { S: version.artifact.digest },
        body: { S: JSON.stringify(version) },
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    };
    return this.client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: page }, { Put: record }] }));
  }

  #under(model: string, prefix: string): QueryCommandInput {
    return {
      TableName: this.table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :model AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':model': { S: partition(model) }, ':prefix': { S: prefix } },
    };
  }

  async *#bodies(query: QueryCommandInput): AsyncIterable<unknown> {
    let start: QueryCommandInput['ExclusiveStartKey'];
    do {
      const page = await this.client.send(new QueryCommand({ ...query, ExclusiveStartKey: start }));
      for (const item of page.Items ?? []) yield JSON.parse(item.body!.S!);
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
  }
}

const partition = (model: string): string => `MODEL#${model}`;
const entryKey = (number: number): string => `ENTRY#${String(number).padStart(9, '0')}`;
const versionKey = (version: number): string => `VERSION#${String(version).padStart(6, '0')}`;

/** Whether a conditional write was refused because the item is there, or another write of it was under way. */
const lost = (error: unknown): boolean =>
  error instanceof ConditionalCheckFailedException ||
  (error instanceof TransactionCanceledException &&
    (error.CancellationReasons ?? []).some(
      (r) => r.Code === 'ConditionalCheckFailed' || r.Code === 'TransactionConflict',
    ));
