import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const page = readFileSync('docs/views.md', 'utf8');

it('has an example of validation that runs on the oldest Node.js there may be', () => {
  const [, example = ''] = /```js\n([\s\S]*?)```/.exec(page)!;
  const code = example.replace(/^ajv\.validate\((.*)\);$/m, 'console.log(ajv.validate($1), ajv.errors.length > 0);');
  const run = (text: string): string =>
    execFileSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8' });
  expect(run(`const printed = {};\n${code}`)).toBe('false true\n');
});
