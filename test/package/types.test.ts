import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { examplesOf, node, tool } from './app.ts';

const app = inject('app');

/** Type-checks a file of the app as strictly as can be. @returns what the compiler says */
function check(file: string, source: string, options: Record<string, unknown> = {}): string {
  const folder = path.join(app, file.replaceAll('.', '-'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, file), source);
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'es2022',
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        types: ['node'],
        typeRoots: [tool('@types')],
        ...options,
      },
      files: [file],
    }),
  );
  try {
    return node(folder, [tool('typescript', 'bin', 'tsc'), '--project', '.']);
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

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
