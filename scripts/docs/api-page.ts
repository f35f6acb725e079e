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
import {
  type DocBlock,
  DocCodeSpan,
  DocFencedCode,
  DocLinkTag,
  type DocNode,
  DocPlainText,
  type DocSection,
  DocSoftBreak,
} from '@microsoft/tsdoc';

/**
 * The page of the public API: every class with its props and an example, then functions and types, from docstrings.
 */
export function apiPage(api: ApiPackage): string {
  const items = api.entryPoints[0]!.members;
  const propsOf = (name: string): ApiItem | undefined => items.find((item) => item.displayName === `${name}Props`);
  const ofKind = (...kinds: ApiItemKind[]): ApiItem[] => items.filter(({ kind }) => kinds.includes(kind));
  const classes = ofKind(ApiItemKind.Class);
  const shownWithClass = new Set(classes.map(({ displayName }) => propsOf(displayName)));
  return `${[
    '# API',
    'Made from the docstrings by `npm run api`. [The library](../library.md) shows how the parts go together. In the examples, `app` is an `App`, `stack` a `Stack` of it, and `endpoint` a `ModelEndpoint` in that.',
    ...classes.flatMap((item) => section(item, props(propsOf(item.displayName)))),
    '# Functions',
    ...ofKind(ApiItemKind.Function).flatMap((item) => section(item)),
    '# Types',
    ...ofKind(ApiItemKind.Interface, ApiItemKind.TypeAlias, ApiItemKind.Variable)
      .filter((item) => !shownWithClass.has(item))
      .filter((item, i, all) => all.findIndex(({ displayName }) => displayName === item.displayName) === i)
      .flatMap((item) => section(item)),
  ].join('\n\n')}\n`;
}

function section(item: ApiItem, more: readonly string[] = []): string[] {
  return [`## ${item.displayName}`, ...signature(item), summary(item), ...example(item), ...more, ...members(item)];
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

/** Classes and functions without an example in their docstrings. */
export function withoutExample(api: ApiPackage): string[] {
  return api.entryPoints[0]!.members.filter(({ kind }) => kind === ApiItemKind.Class || kind === ApiItemKind.Function)
    .filter((item) => example(item).length === 0)
    .map(({ displayName }) => displayName);
}

/** The example of a docstring, as a block of code. */
function example(item: ApiItem): string[] {
  const code = blockOf(item, '@example')?.content.nodes.find((node) => node instanceof DocFencedCode);
  return code === undefined ? [] : [`\`\`\`${code.language}\n${code.code.trimEnd()}\n\`\`\``];
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
  const found = blockOf(item, tag);
  return found ? text(found.content) : '';
}

function blockOf(item: ApiItem, tag: string): DocBlock | undefined {
  const blocks = item instanceof ApiDocumentedItem ? (item.tsdocComment?.customBlocks ?? []) : [];
  return blocks.find(({ blockTag }) => blockTag.tagName === tag);
}

/** Markdown of a docstring, as one line. */
function text(section: DocSection): string {
  const words = (node: DocNode): string => {
    if (node instanceof DocPlainText) return node.text;
    if (node instanceof DocCodeSpan) return `\`${node.code}\``;
    if (node instanceof DocSoftBreak) return ' ';
    if (node instanceof DocLinkTag) return linkText(node);
    return node.getChildNodes().map(words).join('');
  };
  return words(section).replace(/\s+/g, ' ').trim();
}

/** A link to another item of the page. */
function linkText({ codeDestination, linkText }: DocLinkTag): string {
  const name = codeDestination?.memberReferences.map((part) => part.memberIdentifier?.identifier ?? '').join('.') ?? '';
  return `[${linkText ?? name}](#${name.toLowerCase()})`;
}

const code = (source: string): string => `\`${source.replace(/\s+/g, ' ')}\``;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
