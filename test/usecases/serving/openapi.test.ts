import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protocolOf } from '../../../core/protocols/protocols.ts';
import type { HttpRequest } from '../../../core/serving/http.ts';
import type { Endpoint } from '../../../usecases/serving/endpoint.ts';
import { INT64, KINDS, PIPELINE, request, ServingFixture, TREE } from '../../fixtures/serving-fixture.ts';
import { EXAMPLES } from '../../hostile/examples.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a document may hold is what is tested here
type Json = Record<string, any>;

let fixture: ServingFixture;
let endpoint: Endpoint;
let document: Json;
beforeAll(async () => {
  fixture = await ServingFixture.open();
  await fixture.release(PIPELINE, 'pipeline');
  await fixture.release(TREE, 'tree-30');
  await fixture.release(INT64, 'int64');
  await fixture.release(KINDS, 'kinds');
  endpoint = await fixture.endpoint({ defaultModel: 'pipeline' });
  const { status, body } = await endpoint.handle(request('GET', '/openapi.json'));
  expect(status, fixture.lines.at(-1)).toBe(200);
  document = JSON.parse(body as string);
});
afterAll(() => fixture.close());

/** Every operation with every example of a body, as a request that fits it. */
function* documented(): Generator<{ name: string; operation: Json; sent: HttpRequest; schema: Json | undefined }> {
  for (const [path, item] of Object.entries<Json>(document.paths))
    for (const method of ['get', 'post'])
      if (item[method] !== undefined) {
        const operation: Json = item[method];
        const parameters: Json[] = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
        const at = path.replaceAll(/\{(\w+)\}/g, (_, name) => {
          const { schema } = parameters.find((parameter) => parameter.in === 'path' && parameter.name === name)!;
          return String(schema.enum?.[0] ?? 'any');
        });
        const bodies = Object.entries<Json>(operation.requestBody?.content ?? {});
        // Bytes have no example: what they are takes more than one line to say.
        for (const [type, { example, schema }] of bodies.length > 0 ? bodies : [[undefined, {}] as [undefined, Json]])
          if (example !== undefined || type === undefined)
            yield {
              name: `${method.toUpperCase()} ${at} ${type ?? ''}`,
              operation,
              sent: request(
                method.toUpperCase(),
                at,
                example ?? '',
                type === undefined ? {} : { 'content-type': type },
              ),
              schema: type?.endsWith('json') ? schema : undefined,
            };
      }
}

/** What the document says of an answer of this status and type; undefined where it says nothing. */
function answerSchema(operation: Json, status: number, type: string): Json | undefined {
  let found = operation.responses[status] ?? operation.responses[`${Math.floor(status / 100)}XX`];
  if (found?.$ref !== undefined) found = document.components.responses[found.$ref.split('/').at(-1)];
  return found?.content?.[type]?.schema;
}

describe('The OpenAPI document', () => {
  it('is one, at its own path and where TorchServe has it', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect(JSON.parse((await endpoint.handle(request('OPTIONS', '/'))).body as string)).toEqual(document);
    expect(document.openapi).toBe('3.1.0');
  });

  it('has the models’ own schemas, of signature and contract, 64-bit integers with all their digits', async () => {
    const row =
      document.paths['/v1/models/pipeline:predict'].post.requestBody.content['application/json'].schema.oneOf[0]
        .properties.instances.items;
    expect(row.properties.carrier).toMatchObject({ anyOf: [{ type: 'string', enum: ['AA', 'B6', 'UA'] }, {}] });
    expect(row.properties.distance.anyOf[0]).toMatchObject({ type: 'number', minimum: 0, maximum: 5000 });
    // Out of its range it would be clamped, and it may be missing.
    expect(row.properties.temperature.anyOf[0]).toEqual({ type: ['number', 'null'] });
    const text = (await endpoint.handle(request('GET', '/openapi.json'))).body as string;
    expect(text).toContain('"maximum":18446744073709551615');
  });

  it('says of every request and answer what the endpoint takes and gives', async () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    const refused: string[] = [];
    for (const { name, operation, sent, schema } of documented()) {
      if (schema !== undefined)
        expect(ajv.validate(schema, JSON.parse(sent.body as string)), `${name} ${sent.body}: ${ajv.errorsText()}`).toBe(
          true,
        );
      const { status, headers, body } = await endpoint.handle(sent);
      const type = headers['content-type']!;
      const answer = answerSchema(operation, status, type);
      expect(answer, `${name} answers ${status} ${type}`).toBeDefined();
      const value = type === 'application/json' ? JSON.parse(body as string) : body;
      expect(ajv.validate(answer!, value), `${name} ${status} ${body}: ${ajv.errorsText()}`).toBe(true);
      if (status >= 300) refused.push(`${name.trim()} ${status}`);
    }
    // These want what the fixture's models do not have: a baseline to explain by, leave to load, an output of that kind.
    expect(refused.filter((name) => !/:?(explain|explanations|load|classify|regress)\b/.test(name))).toEqual([]);
  });

  it('has a path for every protocol that is spoken', () => {
    const paths = Object.keys(document.paths).map((path) => path.replaceAll(/\{\w+\}/g, '1'));
    const spoken = (path: string) => protocolOf(request('POST', path)).name;
    const missing = new Set(EXAMPLES.map(({ protocol }) => protocol).filter((name) => name !== 'openapi'));
    for (const path of paths) missing.delete(spoken(path));
    expect([...missing]).toEqual([]);
  });
});
