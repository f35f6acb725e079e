import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { examplesOf, typeCheck } from './app.ts';

const app = inject('app');

const check = (file: string, source: string, options: Record<string, unknown> = {}): string =>
  typeCheck(app, { [file]: source }, { skipLibCheck: false, ...options });

describe('the declarations of the package', () => {
  it('type-check in a strict app of ES modules, themselves included', () => {
    expect(check('library.ts', examplesOf('docs/library.md'))).toBe('');
  });

  it('type-check in an app of CommonJS modules', () => {
    expect(check('library.cts', examplesOf('docs/library.md'), { module: 'node16', skipLibCheck: true })).toBe('');
  });

  it('refuse a prop that there is not, and a value that is not allowed', () => {
    const wrong = (props: string) =>
      check('wrong.ts', examplesOf('README.md').replace("'Endpoint'", `'Endpoint', ${props}`), { skipLibCheck: true });
    expect(wrong("{ architecture: 'ppc64' }")).toMatch(/'"ppc64"' is not assignable/);
    expect(wrong('{ memory: 1 }')).toMatch(/'memory' does not exist in type 'ModelEndpointProps'/);
  });
});

describe('the examples in the docstrings of the package', () => {
  /** What examples take as given. */
  const GIVEN = `
    declare const app: import('aws-cdk-lib').App;
    declare const stack: import('aws-cdk-lib').Stack;
    declare const endpoint: import('trimtab').ModelEndpoint;
  `;
  const declarations = readFileSync(path.join(app, 'node_modules/trimtab/dist/lib/index.d.cts'), 'utf8');
  const documented = [
    ...declarations.matchAll(
      /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export declare (?:abstract )?(?:class|function) (\w+)/g,
    ),
  ];
  const examples = documented.map(([, docstring, name]): [string, string] => {
    const [, code] = /@example\s*\* ```ts\n([\s\S]*?)```/.exec(docstring!) ?? [];
    return [name!, (code ?? '').replaceAll(/^ *\* ?/gm, '')];
  });

  it('are there for each class and function', () => {
    const exported = [...declarations.matchAll(/^export declare (?:abstract )?(?:class|function) (\w+)/gm)];
    expect(exported.length).toBeGreaterThan(20);
    expect(examples.map(([name]) => name)).toEqual(exported.map(([, name]) => name));
    expect(examples.filter(([name, code]) => !code.includes(name)).map(([name]) => name)).toEqual([]);
  });

  it('type-check', () => {
    const files = Object.fromEntries(examples.map(([name, code]) => [`${name}.ts`, code]));
    expect(typeCheck(app, { 'given.d.ts': GIVEN, ...files })).toBe('');
    expect(typeCheck(app, { 'given.d.ts': GIVEN, 'wrong.ts': `${files['OnCall.ts']}\nstack.watch();` })).toMatch(
      /wrong\.ts.*'watch' does not exist/,
    );
  });
});
