import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../../core/serving/http.ts';
import { type HttpServer, serve } from '../../../server/http/http-server.ts';
import { answersOn, type ClientResponse, HttpClient } from '../../fixtures/http-client.ts';

/** Answers with the length of what came, once whoever waits for that is told. */
let server: HttpServer;
/** Host and path of every request. */
const hosts: (string | undefined)[][] = [];
let client: HttpClient;
/** The same, that gives up on callers soon. */
let impatient: HttpServer;
let slow: HttpClient;
beforeAll(async () => {
  const handle = async ({ body, headers, path }: HttpRequest) => {
    hosts.push([headers.host, path]);
    return {
      status: body.length > 1_000 ? 413 : 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ length: body.length }),
    };
  };
  server = await serve({ handle }, { port: 0, bodyLimit: 1_000 });
  client = new HttpClient(server.url);
  impatient = await serve({ handle }, { port: 0, headTimeoutMs: 300, requestTimeoutMs: 600 });
  slow = new HttpClient(impatient.url);
});
afterAll(async () => {
  client.close();
  slow.close();
  await server.close();
  await impatient.close();
});

/** Sends bytes as they are, and reads until the server closes the connection. */
async function send(text: string, half = false, to = client): Promise<ClientResponse[]> {
  const socket = await to.connect();
  const answers = answersOn(socket);
  if (half) socket.end(text);
  else socket.write(text);
  return answers;
}

const POST = 'POST /predictions/m HTTP/1.1\r\nhost: x\r\n';
const GOOD = `${POST}content-length: 3\r\n\r\nabc`;
const BYE = 'connection: close\r\n';

describe('A server that is sent what is no request', () => {
  it.each([
    ['a greeting of TLS', '\x16\x03\x01\x02\x00\x01', 400, /no HTTP/],
    ['a greeting of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, /no HTTP/],
    ['a version that there is none', 'GET / HTTP/9.9\r\n\r\n', 400, /no HTTP/],
    ['a method that there is none', 'BREW / HTTP/1.1\r\nhost: x\r\n\r\n', 400, /method/],
    ['a line end too few', 'GET / HTTP/1.1\nhost: x\n\n', 400, /CR/],
    ['a header with a NUL', `GET / HTTP/1.1\r\nhost: x\r\na: \0\r\n\r\n`, 400, /header/],
    ['a space before the colon', 'GET / HTTP/1.1\r\nhost : x\r\n\r\n', 400, /header/],
    ['two lengths', `${POST}content-length: 3\r\ncontent-length: 4\r\n\r\nabcd`, 400, /Length/],
    ['a length and chunks', `${POST}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 400, /Length/],
    ['a length below nothing', `${POST}content-length: -1\r\n\r\n`, 400, /Length/],
    ['a length beyond all numbers', `${POST}content-length: ${'9'.repeat(30)}\r\n\r\n`, 400, /Length/],
    ['a chunk of no size', `${POST}transfer-encoding: chunked\r\n\r\nzz\r\nabc`, 400, /chunk/],
    ['a chunk that is longer than it says', `${POST}transfer-encoding: chunked\r\n\r\n3\r\nabcdef\r\n`, 400, /chunk/],
    ['headers of 100 KB', `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(100_000)}\r\n\r\n`, 431, /16 KB/],
    ['more headers than are read', `GET / HTTP/1.1\r\nhost: x\r\n${BYE}${'a: 1\r\n'.repeat(150)}\r\n`, 431, /100/],
    [
      'a coding beside chunks',
      `${POST}transfer-encoding: gzip, chunked\r\n${BYE}\r\n3\r\nabc\r\n0\r\n\r\n`,
      501,
      /'gzip, chunked' is not known/,
    ],
    [
      'a coding in a line of its own',
      `${POST}transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n${BYE}\r\n0\r\n\r\n`,
      501,
      /expected chunked/,
    ],
    ['no host', `GET / HTTP/1.1\r\n${BYE}\r\n`, 400, /host/],
    ['an expectation that nobody can meet', `${POST}expect: cake\r\n${BYE}content-length: 3\r\n\r\nabc`, 417, /cake/],
    ['two hosts', `GET / HTTP/1.1\r\nhost: a\r\n${BYE}Host: b\r\n\r\n`, 400, /2 headers host/],
    ['the same host twice', `GET / HTTP/1.1\r\nhost: a\r\n${BYE}host: a\r\n\r\n`, 400, /2 headers host/],
    ['a host that is none', `GET / HTTP/1.1\r\nhost: a/b\r\n${BYE}\r\n`, 400, /'a\/b' is no host/],
    ['a host with a user', `GET / HTTP/1.1\r\nhost: me@x\r\n${BYE}\r\n`, 400, /no host/],
    ['a target of another scheme', `GET ftp://x/ HTTP/1.1\r\nhost: x\r\n${BYE}\r\n`, 400, /no target/],
    ['a target without a host', `GET http:///v2 HTTP/1.1\r\nhost: x\r\n${BYE}\r\n`, 400, /no target/],
    ['a target with a user', `GET http://me@x/ HTTP/1.1\r\nhost: x\r\n${BYE}\r\n`, 400, /no host/],
    ['an expectation beside the known one', `${POST}expect: 100-continue, cake\r\n${BYE}\r\n`, 417, /100-continue can/],
    ['the wish for a tunnel', 'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n', 405, /tunnel/],
    ['half of a head, slowly', 'GET / HTTP/1.1\r\nho', 408, /in time/],
    ['half of a body, slowly', `${POST}content-length: 30\r\n\r\nabc`, 408, /in time/],
    ['nothing', '', 408, /in time/],
  ])('answers %s, says why, and closes the connection', async (_what, text, status, message) => {
    const answers = await send(text, false, status === 408 ? slow : client);
    expect(answers.map((answer) => answer.status)).toEqual([status]);
    const [{ headers, body }] = answers as [ClientResponse];
    expect(headers['x-request-id']).toBeDefined();
    const told = JSON.parse(body.toString('utf8'));
    // TorchServe's form of an error, where its path could be read.
    if (text.startsWith('POST')) expect(told).toMatchObject({ code: status, message: expect.stringMatching(message) });
    else expect(told.error).toMatch(message);
  });

  it.each([
    ['half of a head', 'GET / HTTP/1.1\r\nho'],
    ['half of a body', `${POST}content-length: 30\r\n\r\nabc`],
  ])('says that %s breaks off when nothing more will come', async (_what, text) => {
    const [answer] = await send(text, true);
    expect([answer?.status, answer?.body.toString('utf8')]).toEqual([400, expect.stringContaining('breaks off')]);
  });

  it('answers whoever sends a whole request and says that this was all', async () => {
    const [answer] = await send(GOOD, true);
    expect([answer?.status, answer?.body.toString('utf8')]).toEqual([200, '{"length":3}']);
  });

  it('answers a target in absolute form by its path, whatever the header host says', async () => {
    const absolute = GOOD.replace('/predictions/m', 'HTTP://example.com:8080/predictions/m?a=1').replace(
      'host: x',
      'host: y',
    );
    const [answer] = await send(absolute, true);
    expect([answer?.status, answer?.body.toString('utf8')]).toEqual([200, '{"length":3}']);
    expect(hosts.at(-1)).toEqual(['example.com:8080', '/predictions/m']);
    expect(
      (await send('GET http://example.com?a=1 HTTP/1.1\r\nhost: y\r\n\r\n', true)).map((each) => each.status),
    ).toEqual([200]);
    expect(hosts.at(-1)).toEqual(['example.com', '/']);
  });

  it('takes HTTP/1.0 without a host, and an empty one where the target has none', async () => {
    for (const text of [
      'GET / HTTP/1.0\r\n\r\n',
      'GET / HTTP/1.1\r\nhost:\r\n\r\n',
      'GET / HTTP/1.1\r\nhost: [::1]:80\r\n\r\n',
    ])
      expect((await send(text, true)).map(({ status }) => status)).toEqual([200]);
  });

  it('says go on to whoever waits for it, and refuses without it what is too large', async () => {
    const expecting = `${POST}expect: 100-continue\r\n`;
    const good = await client.connect();
    const answers = answersOn(good);
    good.once('data', (first) => {
      expect(first.toString('latin1')).toBe('HTTP/1.1 100 Continue\r\n\r\n');
      good.end('abc');
    });
    good.write(`${expecting}content-length: 3\r\n\r\n`);
    expect((await answers).map(({ status }) => status)).toEqual([200]);
    const large = await client.connect();
    let text = '';
    large.on('data', (chunk) => {
      text += chunk.toString('latin1');
      large.end();
    });
    large.write(`${expecting}content-length: 99000000\r\n\r\n`);
    expect((await answersOn(large)).map(({ status, headers }) => [status, headers.connection])).toEqual([
      [413, 'close'],
    ]);
    expect(text).toMatch(/^HTTP\/1.1 413 .*the body has 99000000 bytes, there may be 1000/s);
  });

  it('answers every whole request before the one that is none, on the same connection', async () => {
    const answers = await send(`${GOOD}${GOOD}${GOOD}garbage\r\n\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 400]);
  });

  it('goes on to read whatever follows what is no request, so that its answer is not lost', async () => {
    const socket = await client.connect();
    const answers = answersOn(socket);
    for (let i = 0; i < 50; i++) {
      socket.write(Buffer.alloc(100_000, '['));
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.end();
    expect((await answers).map(({ status }) => status)).toEqual([400]);
  });

  it('goes on to read what is too large, so that its answer is not lost', async () => {
    const megabytes = 'x'.repeat(5_000_000);
    for (const more of ['', BYE]) {
      const socket = await client.connect();
      const answers = answersOn(socket);
      socket.write(`${POST}${more}content-length: ${megabytes.length}\r\n\r\n${megabytes}`);
      socket.end();
      expect((await answers).map(({ status }) => status)).toEqual([413]);
    }
  });

  it('cuts off whoever never comes to an end of what is too large', async () => {
    expect(
      (await send(`${POST}content-length: 9999999\r\n\r\n${'x'.repeat(2_000)}`)).map((each) => each.status),
    ).toEqual([413]);
  });
});
