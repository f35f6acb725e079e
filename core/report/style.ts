/** What all pages look like, in the light and in the dark. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#566373;--line:#dfe4ea;--paper:#fff;--wash:#f5f7f9;--good:#1a7f4b;--bad:#b3261e;--neutral:#80640f;--ref:#a9b7c6;--cur:#2b6cb0;--mark:#fbe3e1}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa7b6;--line:#313b47;--paper:#141a21;--wash:#1c242d;--good:#58c08b;--bad:#f2857c;--neutral:#d8b95a;--ref:#56657a;--cur:#63a4e6;--mark:#4a2523}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 24px 48px}h1{font-size:24px;margin:0;overflow-wrap:anywhere}h2{font-size:17px;margin:34px 0 10px}
a{color:var(--cur)}.up{margin:0 0 6px;font-size:13px}.sub{color:var(--soft);margin:2px 0 18px;overflow-wrap:anywhere}
.verdict{margin:0;border-left:5px solid var(--tone);background:var(--wash);padding:12px 16px;border-radius:0 8px 8px 0;overflow-wrap:anywhere}
.verdict b{color:var(--tone);font-size:17px;margin-right:10px}.good{--tone:var(--good)}.bad{--tone:var(--bad)}.neutral{--tone:var(--neutral)}
.word{color:var(--tone);font-weight:600;white-space:nowrap}
.facts{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0 0}.facts div{display:flex;flex-direction:column-reverse;background:var(--wash);border-radius:8px;padding:8px 14px;min-width:120px}
.facts dd{margin:0;font-size:19px;font-weight:600;font-variant-numeric:tabular-nums}.facts dt{color:var(--soft);font-size:12.5px}
.scroll{overflow-x:auto;max-width:100%}.scroll:focus-visible,summary:focus-visible,a:focus-visible{outline:2px solid var(--cur);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}thead th{color:var(--soft);font-weight:500;font-size:13px;vertical-align:bottom}
th,td{padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:top;text-align:left}th:last-child,td:last-child{padding-right:0}tbody th{font-weight:500;overflow-wrap:anywhere;min-width:135px}tbody th.n{min-width:0}
td.n,th.n{text-align:right;white-space:nowrap}td.w{min-width:220px}.cells td,.cells th{white-space:nowrap}.cells td.w{white-space:normal;min-width:270px}
.cells td.r{white-space:pre-wrap;overflow-wrap:anywhere;min-width:280px}mark{background:var(--mark);color:inherit;border-radius:3px;padding:1px 4px;box-shadow:inset 0 0 0 1px var(--bad)}
.none{color:var(--soft);font-style:italic}ul.plain{list-style:none;margin:0;padding:0}
code{font:12.5px ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(310px,100%),1fr));gap:14px}
figure{margin:0;border:1px solid var(--line);border-radius:8px;padding:10px 12px;min-width:0}figcaption b{display:block;font-size:14px;overflow-wrap:anywhere}figcaption span{display:block;color:var(--soft);font-size:12.5px;margin-bottom:6px}
.cap{color:var(--soft);font-size:11.5px;margin:8px 0 2px}.hot{border-color:var(--bad)}.hot figcaption b{color:var(--bad)}svg{display:block;width:100%;height:auto}
.note{color:var(--soft);font-size:13px}.key{color:var(--soft);font-size:13px;margin:0 0 10px}.key i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 0}.key span{margin-right:16px;white-space:nowrap}
details{margin:12px 0}summary{cursor:pointer;color:var(--cur);padding:4px 0}details[open]>summary{margin-bottom:8px}
footer{color:var(--soft);font-size:12.5px;margin-top:36px;border-top:1px solid var(--line);padding-top:10px;overflow-wrap:anywhere}
@media(max-width:560px){main{padding:18px 14px 36px}.facts div{min-width:0;flex:1 1 42%}}
@media print{details>summary{display:none}.scroll{overflow:visible}}`;
