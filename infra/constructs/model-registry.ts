import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, type ITableV2, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { EncryptedBucket } from './encrypted-bucket.ts';

/** A registry: the ledger's table and the store of model artifacts. */
export interface IModelRegistry {
  /** The ledger: append-only. */
  readonly table: ITableV2;
  /** Models, baselines and cards, named by their content. */
  readonly artifacts: IBucket;
  /** Environment that a function needs to find it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Lets somebody read the ledger and the artifacts, and look for releases kept beside the ledger. */
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
}

/** How a registry is kept. */
export interface ModelRegistryProps {
  /** Bucket for access logs of the artifact store. @default accesses are not logged */
  readonly accessLogs?: IBucket;
  /** Keep the table from being deleted. @default true */
  readonly deletionProtection?: boolean;
}

/** What a registry grants, whoever made it. */
export abstract class RegistryBase extends Construct implements IModelRegistry {
  abstract readonly table: ITableV2;
  abstract readonly artifacts: IBucket;

  /** Environment that a function needs to find it. */
  get environment(): Record<string, string> {
    return { TRIMTAB_TABLE: this.table.tableName, TRIMTAB_ARTIFACTS_BUCKET: this.artifacts.bucketName };
  }

  /** Lets somebody read the ledger and the artifacts, and look for releases kept beside the ledger. */
  grantRead(grantee: IGrantable): Grant {
    return this.grantReadLedger(grantee)
      .combine(allow(grantee, ['s3:GetObject'], [this.artifacts.arnForObjects('*')]))
      .combine(allowToListReleases(grantee, this.artifacts));
  }

  /** Lets somebody read the ledger. */
  grantReadLedger(grantee: IGrantable): Grant {
    // Listing all models is a scan for their first entries.
    return allow(grantee, ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'], [this.table.tableArn]);
  }

  /**
   * Lets somebody append to the ledger, and keep the release beside it. Nobody is ever granted to change or delete
   * entries.
   */
  grantAppend(grantee: IGrantable): Grant {
    return allow(grantee, ['dynamodb:PutItem'], [this.table.tableArn]).combine(
      allow(grantee, ['s3:PutObject'], [this.artifacts.arnForObjects('releases/*')]),
    );
  }
}

/** The model registry: an append-only DynamoDB table, and a bucket of artifacts named by their content. */
export class ModelRegistry extends RegistryBase {
  /** A registry that another app has made: its parts are named by that app's outputs. */
  static fromAttributes(scope: Construct, id: string, attributes: ModelRegistryAttributes): IModelRegistry {
    return new ImportedRegistry(scope, id, attributes);
  }

  readonly table: TableV2;
  readonly artifacts: EncryptedBucket;

  constructor(scope: Construct, id: string, props: ModelRegistryProps = {}) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: props.deletionProtection ?? true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.artifacts = new EncryptedBucket(this, 'Artifacts', {
      versioned: true,
      accessLogs: props.accessLogs,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(30) }],
    });
  }
}

class ImportedRegistry extends RegistryBase {
  readonly table: ITableV2;
  readonly artifacts: IBucket;

  constructor(scope: Construct, id: string, { tableName, artifactsBucketName }: ModelRegistryAttributes) {
    super(scope, id);
    this.table = TableV2.fromTableName(this, 'Table', tableName);
    this.artifacts = Bucket.fromBucketName(this, 'Artifacts', artifactsBucketName);
  }
}

/**
 * One hand-written statement: exactly these actions on exactly these resources. Wildcards stand only at the end of a
 * key's prefix, and where a service knows no resources: infra/checks.ts has the list of them.
 */
export function allow(grantee: IGrantable, actions: string[], resources: string[]): Grant {
  return Grant.addToPrincipal({ grantee, actions, resourceArns: resources });
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
