import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Values of the CDK that are classes: whoever has one has made it, and nothing else could stand for it. */
const VALUES = new Set(['Duration', 'ObjectLockRetention']);
/** What an interface of props may be made of otherwise, besides interfaces of this package: of the CDK, and of TypeScript. */
const PLAIN = /^(string|number|boolean|readonly|Record|true|false)$/;
/** Structs and enums of the CDK, which have no `I` in front. */
const STRUCTS = new Set([
  ...['ComparisonOperator', 'CorsPreflightOptions', 'LifecycleRule', 'RetentionDays', 'SubnetSelection', 'Tracing'],
  'TreatMissingData',
]);

const report = readFileSync('docs/api/trimtab.api.md', 'utf8');
const interfaces = [...report.matchAll(/^export interface (\w+)(?: extends ([^{]+))? \{\n([\s\S]*?)^\}/gm)].map(
  ([, name = '', parents = '', body = '']) => ({ name, parents, body }),
);
const own = new Set([...interfaces.map(({ name }) => name), 'EndpointRole', 'Trigger', 'AlarmDefinition']);
const props = interfaces.filter(({ name }) => /(Props|Options|Attributes|Authorizers|Domain)$/.test(name));

it('has props of interfaces and values alone: no zod, no Omit or Pick, no class that somebody would have to subclass', () => {
  expect(props.length).toBeGreaterThan(20);
  const wrong = props.flatMap(({ name, parents, body }) =>
    [parents, ...[...body.matchAll(/readonly \w+\??: ([^;]+);/g)].map(([, type = '']) => type)].flatMap((type) =>
      (type.replace(/'[^']*'/g, '').match(/[A-Za-z_]\w*/g) ?? [])
        .filter(
          (word) =>
            !PLAIN.test(word) && !VALUES.has(word) && !STRUCTS.has(word) && !own.has(word) && !/^I[A-Z]/.test(word),
        )
        .map((word) => `${name}: ${word}`),
    ),
  );
  expect(wrong).toEqual([]);
});
