import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

interface Component {
  readonly 'bom-ref': string;
  readonly [field: string]: unknown;
}

/** A bill of materials of CycloneDX 1.5, as much of it as is touched here. https://cyclonedx.org/docs/1.5/json */
export interface Bom {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: string;
  readonly version: number;
  readonly metadata: { readonly component: Component; readonly [field: string]: unknown };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly dependencies?: object }>>;
}

/**
 * What the package is made of: npm's own bill of everything in package-lock.json, of which only that is kept whose code
 * the package hands on or that it installs. To npm most of that is needed for development alone, because it is bundled.
 *
 * @param files files of node_modules whose code is handed on
 * @param names packages that are handed on by name, as those of layers
 */
export function sbomOf(files: readonly string[], names: readonly string[]): Bom {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
  const installed = Object.keys(lock.packages['']?.dependencies ?? {});
  const places = [...files.map(placeOf), ...[...names, ...installed].map((name) => `node_modules/${name}`)];
  const refs = new Set(places.filter((place) => place !== undefined).map((place) => refOf(lock, place)));
  return keep(everything(), refs);
}

/** Folder of the package that a file belongs to, as the lock file names it. */
const placeOf = (file: string): string | undefined => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];

function refOf({ packages }: Lock, place: string): string {
  const found = packages[place];
  if (found === undefined) throw new Error(`${place} is handed on and is not in package-lock.json`);
  return `${place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${found.version}`;
}

function everything(): Bom {
  const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'library'];
  const text = execFileSync('npm', args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
    // npm tells of the machine's own settings there.
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(text) as Bom;
}

function keep({ metadata, components, dependencies, ...rest }: Bom, refs: ReadonlySet<string>): Bom {
  const missing = [...refs].filter((ref) => !components.some((component) => component['bom-ref'] === ref));
  if (missing.length > 0) throw new Error(`npm's bill of materials has no ${missing.join(', ')}`);
  const own = metadata.component['bom-ref'];
  const { name } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string };
  const { timestamp: _, ...known } = metadata;
  const { serialNumber: __, ...document } = rest as { serialNumber?: string } & typeof rest;
  return {
    // Without time and serial number the same sources give the same file.
    ...document,
    metadata: { ...known, component: { ...metadata.component, name } },
    components: components
      .filter((component) => refs.has(component['bom-ref']))
      .map((component) => ({ ...component, scope: 'required', properties: [] })),
    dependencies: dependencies
      .filter(({ ref }) => ref === own || refs.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) })),
  };
}
