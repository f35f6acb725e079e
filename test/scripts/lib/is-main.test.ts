import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../temporary-folder.ts';

const IS_MAIN = JSON.stringify(path.resolve('scripts/lib/is-main.ts'));

it('is the program that was started, whatever link leads to it, and nothing that it imports', () => {
  const folder = temporaryFolder('is-main');
  const real = path.join(folder, 'real');
  mkdirSync(real);
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  const says = (name: string) =>
    `import { isMain } from ${IS_MAIN};\nconsole.log('${name}', isMain(import.meta.url));\n`;
  writeFileSync(path.join(real, 'imported.ts'), says('imported'));
  writeFileSync(path.join(real, 'started.ts'), `import './imported.ts';\n${says('started')}`);
  symlinkSync(real, path.join(folder, 'linked'));
  for (const started of ['real/started.ts', 'linked/started.ts']) {
    const args = ['--import', import.meta.resolve('tsx'), started];
    const said = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(said, started).toBe('imported false\nstarted true\n');
  }
});

it('is what every script asks that can also be imported, for a name in it would stay behind when the file moves', () => {
  const files = globSync('scripts/**/*.ts', { ignore: 'scripts/lib/is-main.ts' });
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) expect(readFileSync(file, 'utf8'), file).not.toMatch(/^if .*process\.argv\[1\]/m);
});
