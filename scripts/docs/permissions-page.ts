// docs/permissions.md: what every role may do and why, from the list that a test holds the templates against; written by
// `npm run generate`.
import { PERMISSIONS } from '../../infra/permissions/list.ts';
import type { RolePermissions } from '../../infra/permissions/permission.ts';
import { SETTING_PERMISSIONS } from '../../infra/permissions/settings.ts';

const code = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');

function section({ name, role, assumedBy, permissions, managed = [] }: RolePermissions): string {
  const rows = [
    ...permissions.map(({ may, on, when = [], why }) => [code(may), code(on), code(when), why]),
    ...managed.map(({ policy, why }) => [`the policy \`${policy}\``, '', '', why]),
  ];
  return `## ${name}

\`${role}\`, taken on by ${assumedBy}

| may | on | when | why |
| --- | --- | --- | --- |
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}
`;
}

export const permissionsPage = (): string => `# Who may do what

Every role that the app creates, everything it may do, and why. Made of [the list](../infra/permissions/list.ts) by
\`npm run generate\`; a test holds the synthesized templates against that list in both directions. What
nobody may do, whatever their role allows, is in [the security model](security-model.md).

${PERMISSIONS.map(section).join('\n')}
## What settings add

To the roles above, when a setting of \`trimtab.config.json\`, or the prop of that purpose, is used ([deploy.md](deploy.md#in-surroundings-that-are-there-already)). With \`eventBus\`, \`encryptionKeyArn\` and \`alarmTopics\` the same is allowed on yours.

| setting | role | may | on | why |
| --- | --- | --- | --- | --- |
${SETTING_PERMISSIONS.flatMap(({ setting, role, permissions }) =>
  permissions.map(
    ({ may, on, why }) =>
      `| \`${setting}\` | ${role === undefined ? 'every function' : `\`${role}\``} | ${code(may)} | ${code(on)} | ${why} |`,
  ),
).join('\n')}
`;
