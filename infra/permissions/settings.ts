import { INTERFACES } from '../constructs/function-options.ts';
import type { Permission } from './permission.ts';

/** What a setting of the configuration adds to roles that are listed. */
export interface SettingPermissions {
  /** Member of `trimtab.config.json`. */
  readonly setting: 'network' | 'tracing' | 'webAclArn';
  /** Name of the role on the list; undefined: those of all functions. */
  readonly role?: string;
  readonly permissions: readonly Permission[];
}

/** All that settings add, apart from names of resources that stand in the place of others (key, bus, topics). */
export const SETTING_PERMISSIONS: readonly SettingPermissions[] = [
  {
    setting: 'network',
    permissions: [
      {
        may: INTERFACES,
        on: ['*'],
        why: 'Lambda makes network interfaces with the function’s role, and none of it can be limited to a network; the function’s own code is denied the same (`lambda:SourceFunctionArn` is there)',
      },
    ],
  },
  {
    setting: 'tracing',
    permissions: [
      {
        may: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
        on: ['*'],
        why: 'Lambda sends traces, which are no resources',
      },
    ],
  },
  {
    setting: 'webAclArn',
    role: 'infer',
    permissions: [
      {
        may: ['secretsmanager:GetSecretValue'],
        on: ['firewall secret'],
        why: 'knows by it what came through CloudFront',
      },
    ],
  },
];
