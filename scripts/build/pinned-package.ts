import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

/** One package of npm that is not installed but looked into: fetched once, and only with the content that is named. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** As package-lock.json would have it. */
  readonly integrity: string;
  /** Files of it that are wanted; the rest is not unpacked. */
  readonly files: readonly string[];
}

/** A package cannot be had here, or is not what it was. */
export class PackageUnavailable extends Error {
  override readonly name = 'PackageUnavailable';
}

/**
 * Where a package's files are, fetched by npm unless they are there. Nothing of the package is run, and what it
 * depends on is not fetched.
 *
 * @throws PackageUnavailable
 */
export function pinnedPackage({ name, version, integrity, files }: PinnedPackage, root = process.cwd()): string {
  const cache = path.join(root, '.cache', 'packages');
  const folder = path.join(cache, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  // Several may fetch it at once; the last step is a rename.
  const work = mkdtempSync(path.join(cache, 'fetching-'));
  try {
    console.log(`fetching ${name} ${version} from npm, once …`);
    pack(`${name}@${version}`, work);
    const archive = path.join(work, readdirSync(work)[0]!);
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity)
      throw new PackageUnavailable(`${name} ${version} is not what it was: ${found}, expected ${integrity}`);
    const wanted = files.map((file) => `package/${file}`);
    execFileSync('tar', ['-xzf', archive, '-C', work, '--no-same-owner', ...wanted], { stdio: 'pipe' });
    renameSync(path.join(work, 'package'), folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

function pack(spec: string, target: string): void {
  const args = ['pack', spec, '--silent', '--ignore-scripts', '--pack-destination', target];
  try {
    execFileSync('npm', args, { stdio: 'pipe', timeout: 300_000 });
  } catch (cause) {
    throw new PackageUnavailable(`npm cannot fetch ${spec}`, { cause });
  }
}
