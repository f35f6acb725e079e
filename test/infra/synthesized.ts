import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { vi } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: templates are JSON of any form
  readonly Properties: Record<string, any>;
}

export interface Synthesized {
  readonly app: App;
  /** Templates by the stack's name. */
  readonly templates: Readonly<
    Record<string, { Resources: Record<string, Resource>; Outputs?: Record<string, unknown> }>
  >;
  /** All resources, with the stack's name in front of their logical ids. */
  readonly resources: readonly (readonly [id: string, resource: Resource])[];
}

/**
 * Synthesizes an app with hollow packages: what is in functions and layers is not the business of who reads templates,
 * and building it takes longer than everything else.
 */
export function synthesized(build: (app: App) => void): Synthesized {
  const folder = temporaryFolder('synth');
  const hollow = path.join(folder, 'hollow');
  mkdirSync(hollow);
  writeFileSync(path.join(hollow, 'index.js'), '');
  const real = Code.fromAsset;
  const spy = vi.spyOn(Code, 'fromAsset').mockImplementation((_, options) => real(hollow, options));
  try {
    const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> };
    const app = new App({ outdir: path.join(folder, 'cdk.out'), context });
    build(app);
    const templates = Object.fromEntries(
      app.synth().stacks.map((stack) => [stack.stackName, stack.template as Synthesized['templates'][string]]),
    );
    const resources = Object.entries(templates).flatMap(([stack, { Resources }]) =>
      Object.entries(Resources).map(([id, resource]) => [`${stack}/${id}`, resource] as const),
    );
    return { app, templates, resources };
  } finally {
    spy.mockRestore();
  }
}

/** Stacks of an app by name. */
export const stackOf = (app: App, name: string): Stack => app.node.findChild(name) as Stack;
