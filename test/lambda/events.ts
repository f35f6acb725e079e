import { randomUUID } from 'node:crypto';

export interface HttpOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Send the body as bytes, as an HTTP API does when its type is not text. @default false */
  readonly binary?: boolean;
}

/** A request as an HTTP API with IAM authorization hands it to a function: payload format 2.0. */
export function httpEvent(method: string, path: string, body?: unknown, options: HttpOptions = {}): unknown {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const host = 'a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: {
      accept: '*/*',
      'content-length': String(Buffer.byteLength(text ?? '')),
      ...(text === undefined
        ? {}
        : { 'content-type': options.binary ? 'application/octet-stream' : 'application/json' }),
      host,
      'user-agent': 'python-requests/2.32.5',
      'x-amz-date': '20261112T092000Z',
      'x-amzn-trace-id': 'Root=1-6914518e-2d5c1b6a0f3e4d5c6b7a8f9e',
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
      ...options.headers,
    },
    requestContext: {
      accountId: '111122223333',
      apiId: 'a1b2c3d4e5',
      authorizer: { iam: { accountId: '111122223333', userArn: 'arn:aws:iam::111122223333:user/ada', userId: 'AIDA' } },
      domainName: host,
      domainPrefix: 'a1b2c3d4e5',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'python-requests/2.32.5' },
      requestId: 'Yx3hEjPdliAEJPA=',
      routeKey: '$default',
      stage: '$default',
      time: '12/Nov/2026:09:20:00 +0000',
      timeEpoch: 1_794_475_200_000,
    },
    ...(text === undefined ? {} : { body: options.binary ? Buffer.from(text).toString('base64') : text }),
    isBase64Encoded: options.binary ?? false,
  };
}

/** A batch of messages as a queue's event source hands it to a function. */
export const sqsEvent = (...bodies: readonly unknown[]) => ({
  Records: bodies.map((body) => ({
    messageId: randomUUID(),
    receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
    body: JSON.stringify(body),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '1794475200000',
      SenderId: 'AIDA',
      ApproximateFirstReceiveTimestamp: '1794475200005',
    },
    messageAttributes: {},
    md5OfBody: '098f6bcd4621d373cade4e832627b4f6',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:111122223333:drops',
    awsRegion: 'eu-central-1',
  })),
});
