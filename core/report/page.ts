import { STYLE } from './style.ts';
import { escapeHtml, showText } from './text.ts';

export interface Page {
  readonly title: string;
  /** One line below the title: what it is about. */
  readonly subtitle: string;
  /** Where all pages are listed, relative to this one. */
  readonly index?: string | undefined;
  readonly verdict?: { readonly tone: 'good' | 'bad' | 'neutral'; readonly word: string; readonly sentence: string };
  /** Numbers to see at a glance. */
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly sections: readonly PageSection[];
  /** Small print: where it came from. */
  readonly footer: string;
}

export interface PageSection {
  readonly title: string;
  readonly html: string;
}

/** A page that needs nothing but itself: no script, no font, no request. */
export function renderPage(page: Page): string {
  const facts = page.facts.map(
    ({ label, value }) => `<div><dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  const sections = page.sections.map(({ title, html }) => `<section><h2>${escapeHtml(title)}</h2>\n${html}</section>`);
  const { verdict, index } = page;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(showText(page.title))}</title><style>${STYLE}</style></head>
<body><main>${index === undefined ? '' : `<p class="up"><a href="${escapeHtml(index)}">All reports</a></p>`}<h1>${escapeHtml(showText(page.title))}</h1><p class="sub">${escapeHtml(showText(page.subtitle, 1_200))}</p>
${verdict ? `<p class="verdict ${verdict.tone}"><b>${escapeHtml(verdict.word)}</b>${escapeHtml(showText(verdict.sentence, 2_000))}</p>` : ''}
${facts.length > 0 ? `<dl class="facts">${facts.join('')}</dl>` : ''}
${sections.join('\n')}
<footer>${escapeHtml(page.footer)}</footer></main></body></html>
`;
}
