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
import { EnvironmentName } from '../../core/model/names.ts';
import { DEFAULT_ENVIRONMENT } from '../config.ts';
import { allowActions, allowKey } from './allow.ts';
import { keyBehind } from './key-behind.ts';
import { keepApart } from './registries-apart.ts';
import type { NamedResource } from './same-resource.ts';
import { WriteOnceBucket } from './write-once-bucket.ts';

/** A model registry, created here or imported: the table of the ledger and the store of artifacts. */
export interface IModelRegistry {
  /** The ledger: append-only. */
  readonly table: ITableV2;
  /** Models, baselines and cards, named by their content. */
  readonly artifacts: IBucket;
  /** Name of the environment, which tells its metrics and alarms from others in the account and region. */
  readonly environmentName: string;
  /** Environment variables by which a function finds the registry. */
  readonly environment: Readonly<Record<string, string>>;
  /** Grants reading the ledger and all that a version is loaded from, and listing the releases that are stored beside the ledger. */
  grantRead(grantee: IGrantable): Grant;
  /** Grants reading the ledger. */
  grantReadLedger(grantee: IGrantable): Grant;
  /**
   * Grants appending to the ledger, and storing the release beside it. There is no grant for changing or deleting
   * entries.
   */
  grantAppend(grantee: IGrantable): Grant;
}

/** Names of an existing registry. */
export interface ModelRegistryAttributes {
  /** Name of the table of the ledger. */
  readonly tableName: string;
  /** Name of the bucket of artifacts. */
  readonly artifactsBucketName: string;
  /** Customer-managed key of table and artifacts. @default keys of AWS */
  readonly encryptionKey?: IKey;
  /** Name of the environment that the registry is of, as it was made. */
  readonly environmentName: string;
}

/** Props of {@link ModelRegistry}. */
export interface ModelRegistryProps {
  /** Bucket for access logs of the artifact store. @default accesses are not logged */
  readonly accessLogs?: IBucket;
  /** Customer-managed key of table and artifacts. @default keys of AWS */
  readonly encryptionKey?: IKey;
  /** How long S3 refuses to delete an artifact. @default Duration.days(365) */
  readonly artifactRetention?: Duration;
  /** Protect the table against deletion. @default true, unless the registry is disposable */
  readonly deletionProtection?: boolean;
  /**
   * Name of the environment: 1 to 16 of a-z, 0-9 and -. Metrics and alarms of all that shares the registry have it, so
   * each registry of an account and region needs a name of its own; two of one app that have not are an error.
   * @default dev
   */
  readonly environmentName?: string;
  /** Delete table and artifacts when their stack is deleted. @default false: they are retained, artifacts locked */
  readonly disposable?: boolean;
}

/**
 * Environment and grants that created and imported registries have in common.
 *
 * @example
 * ```ts
 * import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
 * import type { RegistryBase } from 'trimtab';
 *
 * const auditor = new Role(stack, 'Auditor', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
 * const grantAudit = (registry: RegistryBase) => registry.grantReadLedger(auditor);
 * ```
 */
export abstract class RegistryBase extends Construct implements IModelRegistry {
  /** Name of the environment, which tells its metrics and alarms from others in the account and region. */
  abstract readonly environmentName: string;
  /** The ledger: append-only. */
  abstract readonly table: ITableV2;
  /** Models, baselines and cards, named by their content. */
  abstract readonly artifacts: IBucket;
  /** Key of table and artifacts. */
  protected abstract readonly encryptionKey?: IKey;

  /** Environment variables by which a function finds the registry. */
  get environment(): Record<string, string> {
    return {
      TRIMTAB_ENVIRONMENT: this.environmentName,
      TRIMTAB_TABLE: this.table.tableName,
      TRIMTAB_ARTIFACTS_BUCKET: this.artifacts.bucketName,
    };
  }

  /** Grants reading the ledger and the models, and listing the releases that are stored beside the ledger. */
  grantRead(grantee: IGrantable): Grant {
    allowKey(grantee, this.encryptionKey, 's3', 'read');
    return this.grantReadLedger(grantee)
      .combine(
        allowActions(
          grantee,
          ['s3:GetObject'],
          ['models/*', 'baselines/*', 'rehearsals/*', 'releases/*'].map((key) => this.artifacts.arnForObjects(key)),
        ),
      )
      .combine(allowToListReleases(grantee, this.artifacts));
  }

  /** Grants reading the ledger. */
  grantReadLedger(grantee: IGrantable): Grant {
    allowKey(grantee, this.encryptionKey, 'dynamodb', 'read');
    return allowActions(grantee, ['dynamodb:GetItem', 'dynamodb:Query'], [this.table.tableArn]);
  }

  /**
   * Grants appending to the ledger, and storing the release beside it. There is no grant for changing or deleting
   * entries.
   */
  grantAppend(grantee: IGrantable): Grant {
    allowKey(grantee, this.encryptionKey, 'dynamodb', 'write');
    allowKey(grantee, this.encryptionKey, 's3', 'write');
    return allowActions(grantee, ['dynamodb:PutItem'], [this.table.tableArn]).combine(
      // When a write finds an object in its place, it is read to see whether it is the same.
      allowActions(grantee, ['s3:PutObject', 's3:GetObject'], [this.artifacts.arnForObjects('releases/*')]),
    );
  }
}

/**
 * The model registry: an append-only ledger in DynamoDB, and a bucket of artifacts that are named by their content.
 *
 * @example
 * ```ts
 * import { ModelEndpoint, ModelRegistry } from 'trimtab';
 *
 * const registry = new ModelRegistry(stack, 'Registry');
 * new ModelEndpoint(stack, 'Endpoint', { registry });
 * ```
 */
export class ModelRegistry extends RegistryBase {
  /** Imports a registry of another app, by the names that are outputs of its stack. */
  static fromAttributes(scope: Construct, id: string, attributes: ModelRegistryAttributes): IModelRegistry {
    return new ImportedRegistry(scope, id, attributes);
  }

  /** Name of the environment, which tells its metrics and alarms from others in the account and region. */
  readonly environmentName: string;
  /** The ledger: append-only. */
  readonly table: TableV2;
  /** Models, baselines and cards, named by their content. */
  readonly artifacts: WriteOnceBucket;
  /** Key of table and artifacts. */
  protected readonly encryptionKey?: IKey;

  constructor(scope: Construct, id: string, props: ModelRegistryProps = {}) {
    super(scope, id);
    const { encryptionKey, disposable = false } = props;
    this.environmentName = environmentNamed(props.environmentName ?? DEFAULT_ENVIRONMENT);
    this.encryptionKey = encryptionKey;
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      resourcePolicy: appendOnly(),
      deletionProtection: props.deletionProtection ?? !disposable,
      removalPolicy: disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    });
    keepApart({ kind: 'registries', construct: this, resource: namedTable(this.table) });
    // Set directly: the construct's own way does not work in a stack that knows no region.
    if (encryptionKey)
      (this.table.node.defaultChild as CfnGlobalTable).addPropertyOverride('Replicas.0.SSESpecification', {
        KMSMasterKeyId: keyBehind(encryptionKey).keyArn,
      });
    this.artifacts = new WriteOnceBucket(this, 'Artifacts', {
      accessLogs: props.accessLogs,
      encryptionKey,
      retention: props.artifactRetention,
      disposable,
    });
  }
}

class ImportedRegistry extends RegistryBase {
  readonly environmentName: string;
  readonly table: ITableV2;
  readonly artifacts: IBucket;
  /** Key of table and artifacts. */
  protected readonly encryptionKey?: IKey;

  constructor(scope: Construct, id: string, attributes: ModelRegistryAttributes) {
    super(scope, id);
    const { tableName, artifactsBucketName: bucketName, encryptionKey } = attributes;
    this.environmentName = environmentNamed(attributes.environmentName);
    this.encryptionKey = encryptionKey;
    this.table = TableV2.fromTableName(this, 'Table', tableName);
    keepApart({ kind: 'registries', construct: this, resource: namedTable(this.table) });
    this.artifacts = Bucket.fromBucketAttributes(this, 'Artifacts', { bucketName, encryptionKey });
  }
}

const namedTable = (table: ITableV2): NamedResource => ({ resource: table, name: table.tableName });

/** The name of an environment. @throws Error when it cannot be one */
function environmentNamed(name: string): string {
  const parsed = EnvironmentName.safeParse(name);
  if (parsed.success) return name;
  throw new Error(`${parsed.error.issues[0]!.message}, received '${name}'`);
}

/** Grants listing the releases that are stored beside the ledger, and no other part of the store. */
export function allowToListReleases(grantee: IGrantable, artifacts: IBucket): Grant {
  return Grant.addToPrincipal({
    grantee,
    actions: ['s3:ListBucket'],
    resourceArns: [artifacts.bucketArn],
    conditions: { StringLike: { 's3:prefix': 'releases/*' } },
  });
}

/**
 * Denies everybody to change or delete entries of the ledger, whatever their role allows. PutItem cannot be denied: no
 * condition of IAM distinguishes a put that replaces an item from one that adds one. Replaced entries are detected by the
 * chain of digests (core/registry/chain.ts).
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
