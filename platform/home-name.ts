import { EnvironmentName } from '../core/model/names.ts';
import { PlatformError } from './errors.ts';

/** A home on AWS, as it is named on the command line. */
export interface AwsHomeName {
  readonly kind: 'aws';
  /** Environment whose stack says where it is; of a file, which of those in it. */
  readonly environment?: string;
  /** File of `cdk deploy --outputs-file` that says where it is; without either, variables do. */
  readonly outputs?: string;
  /** Profile of the AWS configuration that region and credentials come from. @default as the SDK finds them */
  readonly profile?: string;
}

/** A home as it is named on the command line. */
type HomeName = { readonly kind: 'local'; readonly folder: string } | AwsHomeName;

const FORMS =
  'aws, aws:ENVIRONMENT or aws:OUTPUTS.json#ENVIRONMENT, each with @PROFILE behind it, or a folder (local:FOLDER where it begins like these)';

/** @throws PlatformError when it names no home */
export function parseHomeName(name: string): HomeName {
  if (name === '') throw new PlatformError(`a home is ${FORMS}, received an empty string`);
  if (!/^aws($|[:@])/.test(name)) return { kind: 'local', folder: name.replace(/^local:/, '') };
  const { where, profile } = /^aws(?::(?<where>[^@]*))?(?:@(?<profile>.*))?$/.exec(name)!.groups!;
  if (where === '' || profile === '') throw new PlatformError(`a home is ${FORMS}, received '${name}'`);
  const common = { kind: 'aws', ...(profile !== undefined && { profile }) } as const;
  if (where === undefined) return common;
  if (EnvironmentName.safeParse(where).success) return { ...common, environment: where };
  const [outputs = '', environment, ...rest] = where.split('#');
  const isNamed = environment === undefined || EnvironmentName.safeParse(environment).success;
  if (!outputs.endsWith('.json') || !isNamed || rest.length > 0)
    throw new PlatformError(`a home is ${FORMS}, received '${name}'`);
  return { ...common, outputs, ...(environment !== undefined && { environment }) };
}

/** The folder that a home is; undefined of one on AWS. @throws PlatformError when it names no home */
export function folderOfHome(name: string): string | undefined {
  const parsed = parseHomeName(name);
  return parsed.kind === 'local' ? parsed.folder : undefined;
}
