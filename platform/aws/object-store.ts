import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { ObjectNotFoundError } from '../errors.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';

/** Objects of one S3 bucket. A `put` with `ifAbsent` is a conditional write, so S3 itself picks the one winner. */
export class S3ObjectStore implements ObjectStore {
  constructor(
    private readonly client: S3Client,
    readonly bucket: string,
  ) {}

  async get(key: string): Promise<Uint8Array> {
    try {
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      return (await Body?.transformToByteArray()) ?? new Uint8Array();
    } catch (error) {
      throw notFound(key, error);
    }
  }

  async download(key: string, path: string, versionId?: string): Promise<ObjectInfo> {
    try {
      const answer = await this.client.send(
        new GetObjectCommand({ Bucket: this.bucket, Key: key, VersionId: ofS3(versionId) }),
      );
      await pipeline(answer.Body as Readable, createWriteStream(path));
      // A body that ends early must not pass for the whole.
      const { size } = await stat(path);
      if (answer.ContentLength !== undefined && size !== answer.ContentLength)
        throw new Error(`${key}: received ${size} of ${answer.ContentLength} bytes`);
      return infoOf(key, answer);
    } catch (error) {
      throw notFound(key, error);
    }
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    try {
      return infoOf(key, await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key })));
    } catch (error) {
      if (notFound(key, error) instanceof ObjectNotFoundError) return undefined;
      throw error;
    }
  }

  put(
    key: string,
    body: Uint8Array | string,
    options?: { contentType?: string; ifAbsent?: boolean },
  ): Promise<boolean> {
    return this.#write({ Key: key, Body: body }, options);
  }

  async upload(key: string, path: string, options?: { contentType?: string; ifAbsent?: boolean }): Promise<boolean> {
    const { size } = await stat(path);
    return this.#write({ Key: key, Body: createReadStream(path), ContentLength: size }, options);
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    let token: string | undefined;
    do {
      const page = await this.client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, Prefix: prefix, ContinuationToken: token }),
      );
      for (const item of page.Contents ?? [])
        yield infoOf(item.Key!, { ETag: item.ETag, ContentLength: item.Size, LastModified: item.LastModified });
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async delete(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
  }

  async #write(
    object: { Key: string; Body: Uint8Array | string | Readable; ContentLength?: number },
    { contentType, ifAbsent }: { contentType?: string; ifAbsent?: boolean } = {},
  ): Promise<boolean> {
    try {
      await this.client.send(
        new PutObjectCommand({
          Bucket: this.bucket,
          ...object,
          ContentType: contentType,
          IfNoneMatch: ifAbsent ? '*' : undefined,
        }),
      );
      return true;
    } catch (error) {
      // 412: it was there. 409: another conditional write of the same key was under way, and won.
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      if (ifAbsent && (status === 412 || status === 409)) return false;
      throw error;
    }
  }
}

/** The parts of S3's answers that say what an object is. */
interface Described {
  ETag?: string | undefined;
  VersionId?: string | undefined;
  ContentLength?: number | undefined;
  LastModified?: Date | undefined;
}

function infoOf(key: string, { ETag, VersionId, ContentLength, LastModified }: Described): ObjectInfo {
  const etag = ETag ?? '';
  return {
    key,
    bytes: ContentLength ?? 0,
    etag,
    versionId: VersionId ?? etag,
    modifiedAt: LastModified ?? new Date(0),
  };
}

/** An etag stands in for the version where a bucket keeps none; S3 does not know it as one. */
const ofS3 = (versionId: string | undefined): string | undefined =>
  versionId === undefined || versionId === 'null' || versionId.startsWith('"') ? undefined : versionId;

function notFound(key: string, error: unknown): unknown {
  const missing =
    error instanceof S3ServiceException && ['NoSuchKey', 'NotFound', 'NoSuchVersion'].includes(error.name);
  return missing ? new ObjectNotFoundError(key, { cause: error }) : error;
}
