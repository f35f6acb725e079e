import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ApiServer, type Resource } from './api-server.ts';

/** Set by `npm run test:kubernetes`, which builds what they name. */
const { TRIMTAB_KUBERNETES: PROGRAMS, TRIMTAB_KSERVE_DEFINITIONS: DEFINITIONS } = process.env;
if (PROGRAMS === undefined)
  process.stderr.write('skipped: manifests of containers/ on an API server of Kubernetes; npm run test:kubernetes\n');

const NAMESPACE = 'models';
const manifests = async (file: string): Promise<Resource[]> =>
  parseAllDocuments(await readFile(path.join('containers', file), 'utf8')).map((document) => document.toJS());
const within = (resource: Resource): Resource => ({
  ...resource,
  metadata: { ...resource.metadata, namespace: NAMESPACE },
});
const pod = (name: string, spec: unknown, more: object = {}): Resource =>
  within({ apiVersion: 'v1', kind: 'Pod', metadata: { name, ...more }, spec });

interface Template {
  readonly metadata: object;
  readonly spec: { readonly containers: readonly object[] } & Record<string, unknown>;
}
const templateOf = (deployment: Resource): Template => (deployment.spec as { template: Template }).template;

describe.skipIf(PROGRAMS === undefined)('An API server of Kubernetes, held to the profile "restricted"', () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await ApiServer.start(PROGRAMS!);
    const levels = ['enforce', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']);
    const metadata = { name: NAMESPACE, labels: Object.fromEntries(levels) };
    expect((await server.apply({ apiVersion: 'v1', kind: 'Namespace', metadata })).status).toBe(201);
    // What runs on a cluster makes the first, the page on containers asks its reader for the second.
    for (const name of ['default', 'trimtab'])
      await server.apply(within({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } }));
    for (const file of (await readdir(DEFINITIONS!)).filter((name) =>
      /_(inferenceservices|servingruntimes)\.yaml$/.test(name),
    )) {
      const definition = parse(await readFile(path.join(DEFINITIONS!, file), 'utf8')) as Resource;
      expect(await server.apply(definition)).toMatchObject({ status: 201 });
    }
  }, 300_000);
  afterAll(() => server.close());

  it('takes every object for Kubernetes strictly, without a warning', async () => {
    for (const resource of await manifests('kubernetes/trimtab.yaml')) {
      const { status, body, warnings } = await server.apply(within(resource));
      expect({ kind: resource.kind, status, message: body.message, warnings }).toEqual({
        kind: resource.kind,
        status: 201,
        message: undefined,
        warnings: [],
      });
    }
  });

  it('admits the pods of the deployment, and none that is less confined', async () => {
    const [deployment] = await manifests('kubernetes/trimtab.yaml');
    const { metadata, spec } = templateOf(deployment!);
    expect(await server.apply(pod('whole', spec, metadata))).toMatchObject({ status: 201, warnings: [] });
    const { securityContext: _, ...loose } = spec;
    const refused = await server.apply(pod('loose', loose, metadata));
    expect(refused.status).toBe(403);
    expect(refused.body.message).toContain('violates PodSecurity "restricted:latest"');
  });

  it("takes the inference service by KServe's own definition, and admits its pods", async () => {
    const [service] = await manifests('kserve/inference-service.yaml');
    // The definition is there when the server has read it.
    const { status, body, warnings } = await until(() => server.apply(within(service!)));
    expect({ status, message: body.message, warnings }).toEqual({ status: 201, message: undefined, warnings: [] });
    const { minReplicas: _, ...spec } = (service!.spec as { predictor: Record<string, unknown> }).predictor;
    expect(await server.apply(pod('predictor', spec))).toMatchObject({ status: 201, warnings: [] });
  });

  it('refuses what is misspelt, in both', async () => {
    const [deployment] = await manifests('kubernetes/trimtab.yaml');
    const [service] = await manifests('kserve/inference-service.yaml');
    for (const resource of [deployment!, service!]) {
      const spec = { ...(resource.spec as object), replica: 2 };
      const { status, body } = await server.apply(within({ ...resource, spec }));
      expect(status).toBeGreaterThanOrEqual(400);
      expect(body.message).toMatch(/replica.*(field not declared|unknown field)/);
    }
  });
});

/** Until the server knows the kind, which it reads a moment after its definition. */
async function until<T>(what: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await what();
    } catch (error) {
      if (!(error as Error).message.startsWith('the server has no')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
