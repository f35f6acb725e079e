import { Duration, Stack } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { CAPTURES } from '../../core/captures/capture-key.ts';
import { DATASETS } from '../../core/datasets/dataset-key.ts';
import { JOINED } from '../../core/quality/joined-record.ts';
import { HIVE_FORMATS, hiveColumns, hivePartitions, projection } from '../../core/tables/athena.ts';
import { CAPTURES_TABLE, JOINED_TABLE, type StoredTable } from '../../core/tables/stored-table.ts';
import { allowActions, allowKey } from './allow.ts';
import type { IDataLake } from './data-lake.ts';

/** Props of {@link LakeTables}. */
export interface LakeTablesProps {
  /** The stores that are read as tables. */
  readonly lake: IDataLake;
  /** Name of the database in the Glue catalogue: small letters, digits and underscores. */
  readonly databaseName: string;
  /** How long captured predictions are kept, as in the data lake: no query looks for older ones. @default Duration.days(90) */
  readonly captureRetention?: Duration;
}

/**
 * Captured predictions and joined truths as tables of the Glue catalogue, for Athena. Their partitions are worked out from
 * the tables themselves: no crawler runs, and nothing is registered by the hour. Tables of datasets depend on contracts,
 * which change: `trimtab tables` prints what makes them.
 *
 * @example
 * ```ts
 * import { Role } from 'aws-cdk-lib/aws-iam';
 * import { LakeTables } from 'trimtab';
 *
 * const tables = new LakeTables(stack, 'Tables', { lake: endpoint.lake, databaseName: 'trimtab_prod' });
 * tables.grantQuery(Role.fromRoleName(stack, 'Analyst', 'analyst'));
 * ```
 */
export class LakeTables extends Construct {
  /** Name of the database. */
  readonly databaseName: string;
  private readonly lake: IDataLake;

  constructor(scope: Construct, id: string, { lake, databaseName, captureRetention }: LakeTablesProps) {
    super(scope, id);
    if (!/^[a-z0-9_]{1,255}$/.test(databaseName))
      throw new Error(
        `the name of a database is 1 to 255 small letters, digits and underscores, received '${databaseName}'`,
      );
    this.databaseName = databaseName;
    this.lake = lake;
    const database = new CfnDatabase(this, 'Database', {
      catalogId: Stack.of(this).account,
      databaseInput: { name: databaseName, description: 'Trimtab: captured predictions, truths and datasets' },
    });
    const days = (captureRetention ?? Duration.days(90)).toDays();
    this.addTable('Captures', CAPTURES_TABLE, days).addDependency(database);
    this.addTable('JoinedTruths', JOINED_TABLE).addDependency(database);
  }

  /**
   * Lets somebody read what the tables of this database are of, tables of datasets included: captures, truths and dataset
   * versions, and their descriptions. A workgroup of Athena and the bucket of its results are theirs to bring. With Lake
   * Formation in charge of the catalogue, it has to grant the tables as well.
   *
   * Whoever may also read the privacy secret could open what is encrypted in captures: never grant both.
   */
  grantQuery(grantee: IGrantable): Grant {
    const { data, captures } = this.lake;
    const here = (resource: string): string =>
      Stack.of(this).formatArn({
        service: 'glue',
        resource: resource.split('/')[0]!,
        resourceName: resource.split('/').slice(1).join('/') || undefined,
      });
    allowActions(
      grantee,
      ['s3:GetObject'],
      [captures.arnForObjects(`${CAPTURES}*`), ...[DATASETS, JOINED].map((key) => data.arnForObjects(`${key}*`))],
    );
    allowActions(grantee, ['s3:GetBucketLocation'], [captures.bucketArn, data.bucketArn]);
    for (const [bucket, prefixes] of [
      [captures, [CAPTURES]],
      [data, [DATASETS, JOINED]],
    ] as const)
      Grant.addToPrincipal({
        grantee,
        actions: ['s3:ListBucket'],
        resourceArns: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } },
      });
    for (const { encryptionKey } of [captures, data]) allowKey(grantee, encryptionKey, 's3', 'read');
    return allowActions(
      grantee,
      ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:GetPartition', 'glue:GetPartitions'],
      [here('catalog'), here(`database/${this.databaseName}`), here(`table/${this.databaseName}/*`)],
    );
  }

  private addTable(id: string, table: StoredTable, days?: number): CfnTable {
    const { serde, input, output, parameters } = HIVE_FORMATS[table.format];
    const location = `s3://${this.lake[table.store].bucketName}/${table.folder}`;
    return new CfnTable(this, id, {
      catalogId: Stack.of(this).account,
      databaseName: this.databaseName,
      tableInput: {
        name: table.name,
        description: table.says,
        tableType: 'EXTERNAL_TABLE',
        parameters: { EXTERNAL: 'TRUE', ...projection(table, location, days) },
        partitionKeys: hivePartitions(table).map(({ name, says }) => ({ name, type: 'string', comment: says })),
        storageDescriptor: {
          location,
          columns: hiveColumns(table).map(({ name, type, says }) => ({ name, type, comment: says })),
          inputFormat: input,
          outputFormat: output,
          serdeInfo: { serializationLibrary: serde, parameters },
        },
      },
    });
  }
}
