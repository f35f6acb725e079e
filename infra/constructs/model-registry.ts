import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type CfnGlobalTable,
  type ITableV2,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, Effect, Grant, type IGrantable, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { allowActions, allowKey } from './allow.ts';
import { WriteOnceBucket } from './write-once-bucket.ts';

/** A registry: the ledger's table and the store of model artifacts. */
export interface IModelRegistry {
  /** The ledger: append-only. */
  readonly table: ITableV2;
  /** Models, baselines and cards, named by their content. */
  readonly artifacts: IBucket;
  /** Environment that a function needs to find it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Lets somebody read the ledger and the models, and look for releases kept beside the ledger. */
  grantRead(grantee: IGrantable): Grant;
  /** Lets somebody read the ledger. */
  grantReadLedger(grantee: IGrantable): Grant;
  /**
   * Lets somebody append to the ledger, and keep the release beside it. Nobody is ever granted to change or delete
   * entries.
   */
  grantAppend(grantee: IGrantable): Grant;
}

/** What an existing registry is known by. */
export interface ModelRegistryAttributes {
  /** Name of the ledger's table. */
  readonly tableName: string;
  /** Name of the bucket of artifacts. */
  readonly artifactsBucketName: string;
  /** Customer-managed key of table and artifacts. @default keys of AWS */
  readonly encryptionKey?: IKey;
}

/** How a registry is kept. */
export interface ModelRegistryProps {
  /** Bucket for access logs of the artifact store. @default accesses are not logged */
  readonly accessLogs?: IBucket;
  /** Customer-managed key of table and artifacts. @default keys of AWS */
  readonly encryptionKey?: IKey;
  /** How long S3 itself refuses to remove an artifact. @default Duration.days(365) */
  readonly artifactRetention?: Duration;
  /** Keep the table from being deleted. @default true */
  readonly deletionProtection?: boolean;
}

/** What a registry grants, whoever made it. */
export abstract class RegistryBase extends Construct implements IModelRegistry {
  /** The ledger: append-only. */
  abstract readonly table: ITableV2;
  /** Models, baselines and cards, named by their content. */
  abstract readonly artifacts: IBucket;
  /** Key of table and artifacts. */
  protected abstract readonly encryptionKey?: IKey;

  /** Environment that a function needs to find it. */
  get environment(): Record<string, string> {
    return { TRIMTAB_TABLE: this.table.tableName, TRIMTAB_ARTIFACTS_BUCKET: this.artifacts.bucketName };
  }

  /** Lets somebody read the ledger and the artifacts, and look for releases kept beside the ledger. */
  grantRead(grantee: IGrantable): Grant {
    allowKey(grantee, this.encryptionKey, 's3', 'read');
    return this.grantReadLedger(grantee)
      .combine(
        allowActions(
          grantee,
          ['s3:GetObject'],
          ['models/*', 'releases/*'].map((key) => this.artifacts.arnForObjects(key)),
        ),
      )
      .combine(allowToListReleases(grantee, this.artifacts));
  }

  /** Lets somebody read the ledger. */
  grantReadLedger(grantee: IGrantable): Grant {
    allowKey(grantee, this.encryptionKey, 'dynamodb', 'read');
    return allowActions(grantee, ['dynamodb:GetItem', 'dynamodb:Query'], [this.table.tableArn]);
  }

  /**
   * Lets somebody append to the ledger, and keep the release beside it. Nobody is ever granted to change or delete
   * entries.
   */
  grantAppend(grantee: IGrantable): Grant {
    allowKey(grantee, this.encryptionKey, 'dynamodb', 'write');
    allowKey(grantee, this.encryptionKey, 's3', 'write');
    return allowActions(grantee, ['dynamodb:PutItem'], [this.table.tableArn]).combine(
      // Whoever is told that something is in the way looks whether it is its own.
      allowActions(grantee, ['s3:PutObject', 's3:GetObject'], [this.artifacts.arnForObjects('releases/*')]),
    );
  }
}

/** The model registry: an append-only DynamoDB table, and a bucket of artifacts named by their content. */
export class ModelRegistry extends RegistryBase {
  /** A registry that another app has made: its parts are named by that app's outputs. */
  static fromAttributes(scope: Construct, id: string, attributes: ModelRegistryAttributes): IModelRegistry {
    return new ImportedRegistry(scope, id, attributes);
  }

  /** The ledger: append-only. */
  readonly table: TableV2;
  /** Models, baselines and cards, named by their content. */
  readonly artifacts: WriteOnceBucket;
  /** Key of table and artifacts. */
  protected readonly encryptionKey?: IKey;

  constructor(scope: Construct, id: string, props: ModelRegistryProps = {}) {
    super(scope, id);
    const { encryptionKey } = props;
    this.encryptionKey = encryptionKey;
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      resourcePolicy: appendOnly(),
      deletionProtection: props.deletionProtection ?? true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // Set directly: the construct's own way does not work in a stack that knows no region.
    if (encryptionKey)
      (this.table.node.defaultChild as CfnGlobalTable).addPropertyOverride('Replicas.0.SSESpecification', {
        KMSMasterKeyId: encryptionKey.keyArn,
      });
    this.artifacts = new WriteOnceBucket(this, 'Artifacts', {
      accessLogs: props.accessLogs,
      encryptionKey,
      retention: props.artifactRetention,
    });
  }
}

class ImportedRegistry extends RegistryBase {
  readonly table: ITableV2;
  readonly artifacts: IBucket;
  /** Key of table and artifacts. */
  protected readonly encryptionKey?: IKey;

  constructor(scope: Construct, id: string, attributes: ModelRegistryAttributes) {
    super(scope, id);
    const { tableName, artifactsBucketName: bucketName, encryptionKey } = attributes;
    this.encryptionKey = encryptionKey;
    this.table = TableV2.fromTableName(this, 'Table', tableName);
    this.artifacts = Bucket.fromBucketAttributes(this, 'Artifacts', { bucketName, encryptionKey });
  }
}

/** Lets somebody look which releases are kept beside the ledger, and at no other part of the store. */
export function allowToListReleases(grantee: IGrantable, artifacts: IBucket): Grant {
  return Grant.addToPrincipal({
    grantee,
    actions: ['s3:ListBucket'],
    resourceArns: [artifacts.bucketArn],
    conditions: { StringLike: { 's3:prefix': 'releases/*' } },
  });
}

/**
 * What nobody may do to a ledger, whatever their role allows. No condition tells a put that would replace an item from
 * one that would not: an entry that was replaced is found by the chain of digests (core/registry/chain.ts).
 */
function appendOnly(): PolicyDocument {
  return new PolicyDocument({
    statements: [
      new PolicyStatement({
        sid: 'AppendOnly',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['BatchWriteItem', 'DeleteItem', 'PartiQLDelete', 'PartiQLInsert', 'PartiQLUpdate', 'UpdateItem']
          // Items that expire would be deletion by another name.
          .concat('UpdateTimeToLive')
          .map((action) => `dynamodb:${action}`),
        // In a table's own policy, * is the table.
        resources: ['*'],
      }),
    ],
  });
}
