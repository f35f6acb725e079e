import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

/** SHA-256 as the signer wants it. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', Buffer.from(secret as Uint8Array));
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest());
  }
  reset(): void {}
}

/** `fetch` that signs for an HTTP API with the credentials of the environment (Signature Version 4). */
export function signedFetch(env: NodeJS.ProcessEnv): typeof fetch {
  const signer = new SignatureV4({
    service: 'execute-api',
    region: env.AWS_REGION!,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY! },
    sha256: Sha256,
  });
  return async (input, init = {}) => {
    const url = new URL(String(input));
    const signed = await signer.sign({
      method: init.method ?? 'GET',
      protocol: url.protocol,
      hostname: url.hostname,
      port: Number(url.port),
      path: url.pathname,
      query: {},
      headers: { ...(init.headers as Record<string, string>), host: url.host },
      body: init.body,
    });
    return fetch(input, { ...init, headers: signed.headers });
  };
}
