import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkApi } from '../../../scripts/docs/api-report.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const DECLARATIONS = `
/** What is served. */
export interface EndpointProps {
  /** Most at once. @default no limit */
  readonly most?: number;
}
/**
 * Answers.
 *
 * @example
 * \`\`\`ts
 * new Endpoint({ most: 2 });
 * \`\`\`
 */
export declare class Endpoint {
  constructor(props?: EndpointProps);
  /** Where it answers, \`<url>/v2\`. */
  readonly url: string;
}
`;

describe('the guard of the public API', { timeout: 120_000 }, () => {
  let project = '';
  const declare = (declarations: string): void =>
    writeFileSync(path.join(project, 'dist/types/infra/index.d.ts'), declarations);

  beforeEach(async () => {
    project = temporaryFolder('api');
    // Its rules extend those of a package.
    symlinkSync(path.resolve('node_modules'), path.join(project, 'node_modules'), 'junction');
    for (const folder of ['dist/types/infra', 'docs/api']) mkdirSync(path.join(project, folder), { recursive: true });
    for (const file of ['api-extractor.json', 'tsdoc.json']) copyFileSync(file, path.join(project, file));
    writeFileSync(path.join(project, 'package.json'), '{"name":"trimtab"}');
    const options = { compilerOptions: { lib: ['es2022'], types: [], strict: true } };
    for (const file of ['tsconfig.json', 'tsconfig.api.json'])
      writeFileSync(path.join(project, file), JSON.stringify(options));
    declare(DECLARATIONS);
    vi.spyOn(console, 'error').mockReturnValue();
    await checkApi(project, true);
  });
  afterEach(() => vi.restoreAllMocks());

  it('passes what was accepted, and writes it as one page', async () => {
    await checkApi(project, false);
    expect(readFileSync(path.join(project, 'docs/api/README.md'), 'utf8')).toContain(
      '| `most` | `number` | Most at once. | no limit |',
    );
    expect(readFileSync(path.join(project, 'docs/api/README.md'), 'utf8')).toContain(
      '```ts\nnew Endpoint({ most: 2 });\n```',
    );
  });

  it.each([
    [
      'a prop more',
      DECLARATIONS.replace('readonly most?', '/** x @default 1 */\n  readonly more?: 1;\n  readonly most?'),
    ],
    ['a prop less', DECLARATIONS.replace('readonly most?: number;', '')],
    ['another type', DECLARATIONS.replace('most?: number', 'most?: string')],
    ['another docstring', DECLARATIONS.replace('Most at once', 'Most ever')],
  ])('refuses %s until it is accepted', async (_, declarations) => {
    declare(declarations);
    await expect(checkApi(project, false)).rejects.toThrow(/not what docs\/api\/ says: `npm run api`/);
  });

  it('never accepts a member without a docstring, an optional prop without a default, or a class without an example', async () => {
    declare(DECLARATIONS.replace('/** Where it answers, `<url>/v2`. */', ''));
    await expect(checkApi(project, true)).rejects.toThrow('the public API has the faults listed above');
    declare(DECLARATIONS.replace('@default no limit', ''));
    await expect(checkApi(project, true)).rejects.toThrow('must say @default in their docstrings: EndpointProps.most');
    declare(DECLARATIONS.replace(/ \* @example[^/]*/, ' *'));
    await expect(checkApi(project, true)).rejects.toThrow('must have an @example: Endpoint');
  });
});
