import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion,
  PutObjectCommand,
  type PutObjectCommandInput,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ObjectNotFoundError, PlatformError } from '../errors.ts';
import { checkKey } from '../keys.ts';
import type { Body, ObjectInfo, ObjectStore, PutOptions, StoredWrite } from '../ports.ts';
import { retried, statusOf, TruncatedError } from './failures.ts';

/** Files up to this size are sent from memory, where the SDK can send them again; bytes. */
const IN_MEMORY = 8 * 1024 * 1024;
/** What S3 takes in one request; bytes. */
const LARGEST = 5 * 1024 ** 3;
/** Metadata that tells our own conditional write from somebody else's. */
const WRITE_ID = 'trimtab-write';

/** A bucket. Where it keeps versions, a version id names one write of a key; else the etag stands in for it. */
export class S3ObjectStore implements ObjectStore {
  constructor(
    private readonly client: S3Client,
    readonly bucket: string,
  ) {}

  async get(key: string): Promise<Uint8Array> {
    return retried(async () => {
      const { Body, ContentLength } = await this.#open(key);
      const bytes = await Body!.transformToByteArray();
      assertWhole(key, bytes.length, ContentLength);
      return bytes;
    });
  }

  async download(key: string, path: string, versionId?: string): Promise<ObjectInfo> {
    // A connection that breaks in the middle of a body is beyond the SDK's own retries.
    return retried(async () => {
      const response = await this.#open(key, versionId);
      try {
        await pipeline(response.Body as Readable, createWriteStream(path));
        assertWhole(key, (await stat(path)).size, response.ContentLength);
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
      return infoOf(key, response, response.ContentLength);
    });
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const response = await this.#head(key);
    return response && infoOf(key, response, response.ContentLength ?? 0);
  }

  put(key: string, body: Body, options?: PutOptions): Promise<boolean> {
    const bytes = bytesOf(body);
    return this.#put(key, () => bytes, bytes.length, options);
  }

  async upload(key: string, path: string, options?: PutOptions): Promise<boolean> {
    const { size } = await stat(path);
    if (size > LARGEST) throw new PlatformError(`${path} has ${size} bytes, S3 takes ${LARGEST} in one object`);
    if (size <= IN_MEMORY) return this.put(key, await readFile(path), options);
    return this.#put(key, () => createReadStream(path), size, options);
  }

  async *list(prefix: string, { after }: { after?: string } = {}): AsyncIterable<ObjectInfo> {
    const input = { Bucket: this.bucket, Prefix: prefix, StartAfter: after };
    for await (const page of paginateListObjectsV2({ client: this.client }, input)) {
      for (const object of page.Contents ?? []) {
        // The console makes empty objects like this to show a folder.
        if (object.Key!.endsWith('/')) continue;
        yield infoOf(object.Key!, object, object.Size ?? 0);
      }
    }
  }

  async delete(key: string, { etag }: { etag?: string } = {}): Promise<void> {
    checkKey(key);
    try {
      await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key, IfMatch: etag }));
    } catch (error) {
      // Gone already, or replaced: either way there is nothing left of what was to be deleted.
      if (etag === undefined || ![404, 412].includes(statusOf(error))) throw error;
    }
  }

  async *writes(prefix: string): AsyncIterable<StoredWrite> {
    for await (const { Versions = [] } of this.#versions(prefix))
      for (const version of Versions)
        if (!version.Key!.endsWith('/'))
          yield { ...infoOf(version.Key!, version, version.Size ?? 0), latest: version.IsLatest ?? true };
  }

  async erase(key: string, { keep, only }: { keep?: string; only?: readonly string[] } = {}): Promise<void> {
    checkKey(key);
    const gone = ({ VersionId, ETag }: ObjectVersion): boolean => {
      // Where no versions are kept, all have the id 'null' and the etag stands in for it.
      const isOneOf = (ids: readonly string[]): boolean =>
        ids.some((id) => VersionId === id || (VersionId === 'null' && ETag === id));
      return !isOneOf(keep === undefined ? [] : [keep]) && (only === undefined || isOneOf(only));
    };
    const markers: ObjectVersion[] = [];
    let left = 0;
    for await (const { Versions = [], DeleteMarkers = [] } of this.#versions(key)) {
      markers.push(...DeleteMarkers.filter(({ Key }) => Key === key));
      for (const version of Versions.filter(({ Key }) => Key === key))
        if (gone(version)) await this.#erase(version);
        else left++;
    }
    // A marker keeps what was deleted from coming back; it goes last, and not before what it is on.
    if (only === undefined || left === 0) for (const marker of markers) await this.#erase(marker);
  }

  async #erase({ Key, VersionId }: ObjectVersion): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key, VersionId }));
  }

  async *#versions(Prefix: string): AsyncIterable<ListObjectVersionsCommandOutput> {
    let page: ListObjectVersionsCommandOutput | undefined;
    do {
      page = await this.client.send(
        new ListObjectVersionsCommand({
          Bucket: this.bucket,
          Prefix,
          KeyMarker: page?.NextKeyMarker,
          VersionIdMarker: page?.NextVersionIdMarker,
        }),
      );
      yield page;
    } while (page.IsTruncated);
  }

  async #open(key: string, versionId?: string): Promise<GetObjectCommandOutput> {
    try {
      return await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, ...thatWrite(versionId) }));
    } catch (error) {
      // 412: the etag is not what it was; 400: a version id that S3 cannot have given.
      const gone = statusOf(error) === 404 || (versionId !== undefined && [400, 405, 412].includes(statusOf(error)));
      throw gone ? new ObjectNotFoundError(key, { cause: error }) : error;
    }
  }

  async #head(key: string) {
    try {
      return await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async #put(key: string, body: () => Uint8Array | Readable, size: number, options: PutOptions = {}): Promise<boolean> {
    checkKey(key);
    const writeId = randomUUID();
    const conditional = options.ifAbsent || options.ifMatch !== undefined;
    const input: PutObjectCommandInput = {
      Bucket: this.bucket,
      Key: key,
      ContentLength: size,
      ContentType: options.contentType,
      ...(options.ifAbsent ? { IfNoneMatch: '*' } : {}),
      ...(options.ifMatch === undefined ? {} : { IfMatch: options.ifMatch }),
      ...(conditional ? { Metadata: { [WRITE_ID]: writeId } } : {}),
    };
    try {
      // A stream is used up by the first try, so each gets its own.
      await retried(() => this.client.send(new PutObjectCommand({ ...input, Body: body() })));
      return true;
    } catch (error) {
      // 404: what was to be replaced is gone.
      if (options.ifMatch !== undefined && statusOf(error) === 404) return false;
      if (!conditional || statusOf(error) !== 412) throw error;
      // The first try may have succeeded and only its answer been lost: then the object in the way is our own.
      return (await this.#head(key))?.Metadata?.[WRITE_ID] === writeId;
    }
  }
}

/** @throws TruncatedError, which is tried again */
function assertWhole(key: string, bytes: number, announced: number | undefined): void {
  if (bytes !== announced) throw new TruncatedError(key, bytes, announced);
}

/** S3 writes etags in quotes; its version ids have none. */
function thatWrite(versionId?: string): { IfMatch?: string; VersionId?: string } {
  if (versionId === undefined) return {};
  return versionId.startsWith('"') ? { IfMatch: versionId } : { VersionId: versionId };
}

function bytesOf(body: Body): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body);
  return body instanceof Uint8Array ? body : Buffer.concat(body);
}

function infoOf(
  key: string,
  object: { ETag?: string; VersionId?: string; LastModified?: Date },
  bytes: number | undefined,
): ObjectInfo {
  const etag = object.ETag ?? '';
  // A bucket whose versioning was never on says 'null'.
  const versionId = object.VersionId === undefined || object.VersionId === 'null' ? etag : object.VersionId;
  return { key, bytes: bytes ?? 0, etag, versionId, modifiedAt: object.LastModified ?? new Date(0) };
}
