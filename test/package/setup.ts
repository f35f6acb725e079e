import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of an app, outside this checkout, that has installed the package. */
    readonly app: string;
    /** The package, packed. */
    readonly tarball: string;
  }
}

/** Packs the package as `npm publish` would, and installs it into an app that has nothing but the CDK. */
export function setup(project: TestProject): void {
  const folder = mkdtempSync(path.join(project.getProvidedContext().runFolder, 'package-'));
  const app = path.join(folder, 'app');
  mkdirSync(app);
  const npm = (args: readonly string[], cwd: string): void => {
    execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' });
  };
  npm(['pack', '--silent', '--pack-destination', folder], process.cwd());
  const tarball = path.join(folder, readdirSync(folder).find((file) => file.endsWith('.tgz'))!);
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  writeFileSync(path.join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  const cdk = ['aws-cdk-lib', 'constructs'].map((name) => `${name}@${devDependencies[name]}`);
  // Scripts may run, as they would for anybody: nothing that is installed has one.
  npm(['install', '--prefer-offline', '--no-audit', '--no-fund', tarball, ...cdk], app);
  for (const file of ['model.json', 'baseline.json'])
    cpSync(path.join('models/flight-delay/v1', file), path.join(app, 'models/flight-delay', file));
  project.provide('app', app);
  project.provide('tarball', tarball);
}
