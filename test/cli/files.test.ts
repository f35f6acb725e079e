import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fileErrorText } from '../../cli/files.ts';
import { main } from '../../cli/main.ts';
import { ServingFixture, TREE } from '../fixtures/serving-fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder('files');
const at = (name: string): string => path.join(folder, name);
mkdirSync(at('empty-folder'));
writeFileSync(at('empty.csv'), '');
writeFileSync(at('file'), 'x');

async function run(...argv: string[]): Promise<{ status: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const status = await main(argv, { out: (text) => out.push(text), err: (text) => err.push(text), env: {} });
  return { status, out: out.join('\n'), err: err.join('\n') };
}

describe('files that are not what is expected', () => {
  it.each([
    [['register', at('none/deep')], `no such folder: ${at('none')}`],
    [['register', at('file')], `${at('file')} is a file, expected a folder`],
    [['register', at('empty-folder')], `no such file: ${at('empty-folder/model.onnx')}`],
    [['profile', at('empty-folder')], `${at('empty-folder')} is a folder, expected a file`],
    [['profile', at('none.csv')], `no such file: ${at('none.csv')}`],
    [['profile', at('empty.csv')], `${at('empty.csv')} is empty`],
    [['simulate', at('empty-folder')], `${at('empty-folder')} is a folder, expected a file`],
    [['list', '--home', at('file')], `${at('file')} is a file, expected a folder`],
  ])('are named in words: %j', async (argv, message) => {
    expect(await run('--home', at('home'), ...argv)).toEqual({ status: 2, out: '', err: `trimtab: ${message}` });
  });

  it('are named as whoever stands in the folder writes them', () => {
    const error = (code: string, file: string, syscall = 'open') =>
      Object.assign(new Error(code), { code, path: file, syscall });
    expect(fileErrorText(error('ENOENT', path.resolve('models/none.onnx')))).toBe('no such file: models/none.onnx');
    expect(fileErrorText(error('EACCES', path.resolve('models')))).toMatch(/^models is not yours to use: you are \w+/);
    expect(fileErrorText(error('ENOSPC', '/x', 'write'))).toBe('/x cannot be written: there is no room left');
    expect(fileErrorText(Object.assign(error('EADDRINUSE', '', 'listen'), { port: 8080 }))).toBe(
      'port 8080 is in use already: name another one with --port',
    );
    expect(
      fileErrorText(Object.assign(new Error('refused'), { code: 'ECONNREFUSED', syscall: 'connect' })),
    ).toBeUndefined();
    expect(fileErrorText(new Error('of another kind'))).toBeUndefined();
  });

  it.skipIf(process.getuid?.() === 0)('are named when they may not be read', async () => {
    writeFileSync(at('secret.csv'), 'a\n1\n');
    chmodSync(at('secret.csv'), 0o000);
    expect(statSync(at('secret.csv')).size).toBeGreaterThan(0);
    expect((await run('profile', at('secret.csv'))).err).toMatch(/secret\.csv is not yours to read: you are/);
  });
});

describe('a home that is not there', () => {
  it.each([['list'], ['status'], ['quality', 'm'], ['rows', 'list'], ['approve', 'm', '1', '--reason', 'r']])(
    'is not made by %s',
    async (...argv) => {
      const { out, err } = await run('--home', at('nowhere'), ...argv);
      expect(out + err).toMatch(/^(no|trimtab: no) /);
      expect(existsSync(at('nowhere'))).toBe(false);
    },
  );
});

describe('names that are not there', () => {
  it('come with the one that was probably meant, or with those that are there', async () => {
    const fixture = await ServingFixture.open();
    await fixture.register(TREE, 'tree-30');
    const home = path.join(fixture.folder, 'home');
    const said = async (...argv: string[]) => (await run('--home', home, ...argv)).err;
    expect(await said('status', 'tre')).toBe('trimtab: no model named tre (did you mean tree?)');
    expect(await said('status', 'another')).toBe('trimtab: no model named another, there is tree');
    expect(await said('show', 'tree', '3')).toBe('trimtab: model tree has no version 3, there is 1');
    expect(await said('stauts')).toContain('Did you mean status?');
    expect(await said('status', '--jsn')).toContain('Did you mean --json?');
    expect(await said('init', '--modle', 'm.onnx')).toContain('--modle is no option: did you mean --model?');
    expect(await said('init', '--name', 'm')).not.toContain('did you mean');
    expect((await run('--version')).out).toMatch(/^\d+\.\d+\.\d+/);
    // An option of a command is its own.
    expect(await said('quality', 'tree', '--version', '7')).toContain('no version 7');
    await fixture.close();
  });
});
