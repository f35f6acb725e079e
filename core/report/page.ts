/** Text made safe for HTML, attributes included. */
export const escapeHtml = (text: unknown): string => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

export interface Page {
  readonly title: string;
  /** One line below the title: what it is about. */
  readonly subtitle: string;
  readonly verdict: { readonly tone: 'good' | 'bad' | 'neutral'; readonly word: string; readonly sentence: string };
  /** Numbers to see at a glance. */
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly sections: readonly { readonly title: string; readonly html: string }[];
  /** Small print: where it came from. */
  readonly footer: string;
}

const STYLE = `
:root{--ink:#1c2430;--soft:#5d6b7c;--line:#dfe4ea;--paper:#fff;--wash:#f5f7f9;--good:#1a7f4b;--bad:#b3261e;--neutral:#8a6d1a;--ref:#a9b7c6;--cur:#2b6cb0}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa7b6;--line:#313b47;--paper:#141a21;--wash:#1c242d;--good:#58c08b;--bad:#f2857c;--neutral:#d8b95a;--ref:#56657a;--cur:#63a4e6}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 24px 48px}h1{font-size:24px;margin:0}h2{font-size:17px;margin:34px 0 10px}
.sub{color:var(--soft);margin:2px 0 18px}.verdict{border-left:5px solid var(--tone);background:var(--wash);padding:12px 16px;border-radius:0 8px 8px 0}
.verdict b{color:var(--tone);font-size:17px;margin-right:10px}.good{--tone:var(--good)}.bad{--tone:var(--bad)}.neutral{--tone:var(--neutral)}
.facts{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0 0}.facts div{background:var(--wash);border-radius:8px;padding:8px 14px;min-width:120px}
.facts b{display:block;font-size:19px;font-variant-numeric:tabular-nums}.facts span{color:var(--soft);font-size:12.5px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th{color:var(--soft);font-weight:500;text-align:left;font-size:13px}
th,td{padding:6px 10px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}td.n,th.n{text-align:right}
code{font:12.5px ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:14px}
figure{margin:0;border:1px solid var(--line);border-radius:8px;padding:10px 12px}figcaption{display:flex;justify-content:space-between;gap:8px;font-size:13px}
figcaption b{font-size:14px}figcaption span{color:var(--soft)}.hot figcaption b{color:var(--bad)}svg{display:block;width:100%;height:auto}
.key{color:var(--soft);font-size:13px;margin:0 0 10px}.key i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 12px}
footer{color:var(--soft);font-size:12.5px;margin-top:36px;border-top:1px solid var(--line);padding-top:10px;overflow-wrap:anywhere}`;

/** A page that needs nothing but itself: no script, no font, no request. */
export function renderPage(page: Page): string {
  const facts = page.facts.map(
    ({ label, value }) => `<div><b>${escapeHtml(value)}</b><span>${escapeHtml(label)}</span></div>`,
  );
  const sections = page.sections.map(({ title, html }) => `<h2>${escapeHtml(title)}</h2>\n${html}`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(page.title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(page.title)}</h1><p class="sub">${escapeHtml(page.subtitle)}</p>
<div class="verdict ${page.verdict.tone}"><b>${escapeHtml(page.verdict.word)}</b>${escapeHtml(page.verdict.sentence)}</div>
<div class="facts">${facts.join('')}</div>
${sections.join('\n')}
<footer>${escapeHtml(page.footer)}</footer></main></body></html>
`;
}

export interface PageColumn {
  readonly title: string;
  readonly align?: 'right';
}

/** A table of plain text. */
export function renderTable(columns: readonly PageColumn[], rows: readonly (readonly unknown[])[]): string {
  const cell = (tag: 'th' | 'td', i: number, text: unknown): string =>
    `<${tag}${columns[i]?.align === 'right' ? ' class="n"' : ''}>${escapeHtml(text)}</${tag}>`;
  const head = columns.map(({ title }, i) => cell('th', i, title)).join('');
  const body = rows.map((row) => `<tr>${row.map((text, i) => cell('td', i, text)).join('')}</tr>`).join('\n');
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}
