import {
  type ApiDeclaredItem,
  ApiDocumentedItem,
  ApiFunction,
  ApiInterface,
  type ApiItem,
  ApiItemContainerMixin,
  ApiItemKind,
  type ApiPackage,
  ApiParameterListMixin,
  ApiPropertyItem,
  ApiStaticMixin,
} from '@microsoft/api-extractor-model';
import { DocCodeSpan, type DocNode, DocPlainText, type DocSection, DocSoftBreak } from '@microsoft/tsdoc';

/** The page of the public API for people: every class with its props, then functions and types, from docstrings. */
export function apiPage(api: ApiPackage): string {
  const items = api.entryPoints[0]!.members;
  const propsOf = (name: string): ApiItem | undefined => items.find((item) => item.displayName === `${name}Props`);
  const ofKind = (...kinds: ApiItemKind[]): ApiItem[] => items.filter(({ kind }) => kinds.includes(kind));
  const classes = ofKind(ApiItemKind.Class);
  const told = new Set(classes.map(({ displayName }) => propsOf(displayName)));
  return `${[
    '# API',
    'Made from the docstrings by `npm run api`. [The library](../library.md) shows how the parts go together.',
    ...classes.flatMap((item) => section(item, props(propsOf(item.displayName)))),
    '# Functions',
    ...ofKind(ApiItemKind.Function).flatMap((item) => section(item)),
    '# Types',
    ...ofKind(ApiItemKind.Interface, ApiItemKind.TypeAlias, ApiItemKind.Variable)
      .filter((item) => !told.has(item))
      .filter((item, i, all) => all.findIndex(({ displayName }) => displayName === item.displayName) === i)
      .flatMap((item) => section(item)),
  ].join('\n\n')}\n`;
}

function section(item: ApiItem, more: readonly string[] = []): string[] {
  return [`## ${item.displayName}`, ...signature(item), summary(item), ...more, ...members(item)];
}

const signature = (item: ApiItem): string[] =>
  item instanceof ApiFunction ? [`\`${(item as ApiDeclaredItem).excerpt.text.replace('export declare ', '')}\``] : [];

/** Optional props that do not say what they are by default. */
export function propsWithoutDefault(api: ApiPackage): string[] {
  return api.entryPoints[0]!.members.filter((item) => item instanceof ApiInterface && item.name.endsWith('Props'))
    .flatMap((item) => item.members.map((member) => [item.displayName, member] as const))
    .filter(([, member]) => member instanceof ApiPropertyItem && member.isOptional && block(member, '@default') === '')
    .map(([name, member]) => `${name}.${member.displayName}`);
}

function props(item: ApiItem | undefined): string[] {
  if (!(item instanceof ApiInterface)) return [];
  const rows = item.members
    .filter((member) => member instanceof ApiPropertyItem)
    .map((member) => [
      `\`${member.name}\``,
      code(member.propertyTypeExcerpt.text),
      summary(member),
      member.isOptional ? block(member, '@default') : 'required',
    ]);
  return [table(['prop', 'type', 'what', 'default'], rows)];
}

/** Properties and methods; the constructor is told by the props. */
function members(item: ApiItem): string[] {
  if (!ApiItemContainerMixin.isBaseClassOf(item)) return [];
  const rows = item.members
    .filter(({ kind }) => kind !== ApiItemKind.Constructor)
    .map((member) => [code(nameOf(member)), summary(member)]);
  return rows.length === 0 ? [] : [table(['member', 'what'], rows)];
}

function nameOf(member: ApiItem): string {
  const prefix = ApiStaticMixin.isBaseClassOf(member) && member.isStatic ? 'static ' : '';
  if (!ApiParameterListMixin.isBaseClassOf(member))
    return `${prefix}${member.displayName}${member instanceof ApiPropertyItem ? `: ${member.propertyTypeExcerpt.text}` : ''}`;
  const parameters = member.parameters.map(({ name, isOptional }) => (isOptional ? `${name}?` : name));
  return `${prefix}${member.displayName}(${parameters.join(', ')})`;
}

const summary = (item: ApiItem): string =>
  item instanceof ApiDocumentedItem && item.tsdocComment ? text(item.tsdocComment.summarySection) : '';

function block(item: ApiItem, tag: string): string {
  const blocks = item instanceof ApiDocumentedItem ? (item.tsdocComment?.customBlocks ?? []) : [];
  const found = blocks.find(({ blockTag }) => blockTag.tagName === tag);
  return found ? text(found.content) : '';
}

/** Markdown of a docstring, as one line. */
function text(section: DocSection): string {
  const words = (node: DocNode): string => {
    if (node instanceof DocPlainText) return node.text;
    if (node instanceof DocCodeSpan) return `\`${node.code}\``;
    if (node instanceof DocSoftBreak) return ' ';
    return node.getChildNodes().map(words).join('');
  };
  return words(section).replace(/\s+/g, ' ').trim();
}

const code = (source: string): string => `\`${source.replace(/\s+/g, ' ')}\``;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
