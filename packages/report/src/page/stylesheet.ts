/** The style of the pages: the system's fonts, light or dark as the reader prefers, and for print. */
export const stylesheet: string = `
:root{color-scheme:light dark;--ground:#fff;--card:#f6f6f8;--rule:#e3e3e8;--ink:#16181d;--muted:#5d636f;
--model-0:#4653c4;--model-1:#d97706;--model-2:#0d8f7f;--model-3:#b83280;--model-4:#6b7280;--model-5:#7c5e10;--model-6:#2382c9;--model-7:#b4412f;
--pass:#14733a;--partly:#8a5a00;--fail:#b3261e}
@media screen and (prefers-color-scheme:dark){:root{--ground:#121318;--card:#1b1d24;--rule:#30333d;--ink:#e9eaee;--muted:#9ba1ae;
--model-0:#93a0ff;--model-1:#f5a742;--model-2:#3cc9b4;--model-3:#f07ab8;--model-4:#a8afbb;--model-5:#d5b45c;--model-6:#6bb8f2;--model-7:#f08a76;
--pass:#63d08a;--partly:#f0b455;--fail:#ff8f85}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:1212px;margin:0 auto;padding:28px 24px 64px}
h1{font-size:32px;line-height:1.15;letter-spacing:-.02em;margin:4px 0 12px;max-width:28em;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:21px;letter-spacing:-.01em;margin:0 0 4px}
h3{font-size:15px;margin:0 0 4px}
p{margin:0 0 8px;max-width:76ch}
small{font-size:12px;color:var(--muted);font-weight:400}
.eyebrow{font-size:12px;letter-spacing:.09em;text-transform:uppercase;color:var(--muted);margin:0}
header p:not(.eyebrow){font-size:14px;max-width:118ch;margin-bottom:4px}
nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin:18px 0 0;font-size:13px}
a{color:inherit;text-decoration:none}
nav a{color:var(--muted);border-bottom:1px solid var(--rule)}
a:hover{color:var(--model-0)}
section{margin-top:48px;padding-top:20px;border-top:1px solid var(--rule)}header+section{margin-top:20px;padding-top:14px}
.reading{color:var(--muted);margin-bottom:12px;max-width:118ch}
.model{display:inline-flex;align-items:center;gap:7px;font-weight:600;white-space:nowrap}
.model i{width:10px;height:10px;border-radius:50%;flex:none}
.key{display:flex;flex-wrap:wrap;gap:4px 28px;margin:0 0 10px;padding:0;list-style:none;max-width:none;font-size:14px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(212px,1fr));gap:12px;margin-top:18px}
.tile{background:var(--card);border-radius:10px;padding:14px 16px 12px;break-inside:avoid}
.tile h3{font-size:13px;font-weight:500;color:var(--muted);margin:0 0 6px}
.tile-row{display:flex;align-items:baseline;flex-wrap:wrap;column-gap:10px;padding:3px 0}
.tile-row .model{font-size:13px;font-weight:500;min-width:5.6em}
.tile-row b{font-size:24px;line-height:1.2;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:6px 28px 6px 0;border-bottom:1px solid var(--rule);font-weight:400;white-space:nowrap}
thead th{border-bottom:1px solid var(--muted)}
.number{text-align:right}
.meaning{color:var(--muted);padding-left:12px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:20px 32px;align-items:start}
figure{margin:0;break-inside:avoid}
svg.plot{display:block;max-width:100%;height:auto}
.line{display:block;background:var(--card);border-radius:3px}
.line path{fill:none;stroke-width:1.4;stroke-linejoin:round}
.line line{stroke:var(--muted);stroke-opacity:.4}
img{display:block}
.pixels{image-rendering:pixelated}
.note{font-size:13px;color:var(--muted);max-width:none;margin-bottom:12px}
.legend{display:inline-flex;align-items:center;gap:8px;margin-right:18px;white-space:nowrap}
.legend .disk{width:18px;height:18px;border-radius:50%}
.vectors{position:relative;display:inline-block;vertical-align:top}
.vectors svg{position:absolute;inset:0;width:100%;height:100%}
.vectors path{fill:none;stroke:#16181d;stroke-width:1;vector-effect:non-scaling-stroke;stroke-linecap:round}
.legend i{width:110px;height:10px;border-radius:2px;box-shadow:0 0 0 1px var(--rule)}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(98px,1fr));gap:12px 6px;margin-bottom:32px}
.gallery img,.fields img,.concepts img{box-shadow:0 0 0 1px var(--rule);background:var(--rule)}
figcaption{font-size:12px;line-height:1.35;color:var(--muted);margin-top:4px;font-variant-numeric:tabular-nums}
figcaption b{color:var(--ink);font-weight:600}
.dead img,.dead svg{opacity:.4}
.gallery a,.concepts a,nav a{text-decoration:none}.gallery a b,.concepts a b{border-bottom:1px solid var(--muted)}
.name{overflow-wrap:anywhere;color:var(--ink);font-weight:600}
.gallery figure:target{outline:2px solid var(--model-0);outline-offset:3px;border-radius:2px}
.sample{padding:14px 0 10px;border-top:1px solid var(--rule)}
.panel{margin:6px 0 14px;break-inside:avoid}
.panel>p{margin-bottom:6px;font-size:14px}
.panel-row{display:flex;flex-wrap:wrap;gap:16px}
.fields{display:flex;gap:8px}
.shot{position:relative}
.shot svg:not(.photo){position:absolute;inset:0;width:100%;height:100%;overflow:hidden}
.shot path{fill:none;vector-effect:non-scaling-stroke;stroke-linejoin:round;stroke:#ff8a1f;stroke-width:1.3}
.shot .strong{stroke:#ffd23f;stroke-width:1.8}
.shot .field{fill:none;vector-effect:non-scaling-stroke;stroke:#fff;stroke-width:1.2;stroke-dasharray:3 2}
.contours{filter:drop-shadow(0 0 .8px #000a)}
svg.photo{display:block;width:100%;height:auto}.fields svg.photo{width:112px}
.concepts{display:flex;flex-wrap:wrap;gap:10px 7px;flex:1 1 380px}
.concepts figcaption{display:flex;gap:6px;align-items:flex-start}
.badge{display:inline-flex;align-items:center;gap:6px;padding:1px 9px 1px 7px;border-radius:999px;font-size:13px;font-weight:600;white-space:nowrap;color:var(--muted);background:color-mix(in srgb,currentColor 13%,transparent)}
.badge.pass{color:var(--pass)}.badge.partly{color:var(--partly)}.badge.fail{color:var(--fail)}
.mark{flex:none;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.tag{font-size:11px;color:var(--muted);border:1px solid var(--rule);border-radius:4px;padding:0 5px}
.counts{margin-top:26px}
.counts+.counts{margin-top:0}
.counts li{display:flex;align-items:center;gap:8px}
.verdict{max-width:none;margin-bottom:18px}
.verdict+.verdict{margin-top:-10px}
.sense{display:inline-block;min-width:12.5em;color:var(--muted)}
.verdicts{width:100%}
.verdicts td,.verdicts th{white-space:normal;vertical-align:top;overflow-wrap:anywhere;padding-bottom:8px}
.verdicts th:first-child{min-width:5.4em}
.verdicts tbody th{font-weight:600}
.verdicts td:nth-child(2){width:22%;min-width:10em}
.verdicts td:nth-child(n+3){min-width:16em}
.verdicts small{display:block}
.verdicts b small{display:inline}
.trust td,.trust th{white-space:normal;vertical-align:top}
.trust th:first-child{min-width:11em}
.trust td{min-width:17em;max-width:46em}
.trust small{display:block}
.trust .badge{font-size:12px;margin-left:6px}
.wrap{white-space:normal;min-width:16em}
.wide{grid-column:1/-1}
.curves{display:flex;flex-wrap:wrap;gap:2px 18px;margin:0 0 6px;padding:0;list-style:none;font-size:13px}
.curves li{display:flex;align-items:center;gap:7px;overflow-wrap:anywhere}
.curves svg{flex:none}
.plots .narrow:only-child svg.plot{width:min(100%,680px)}
.many small{display:block;margin-top:-2px}
.many th,.many td{padding-right:20px}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:20px 24px;align-items:start}
.numbers th,.runs thead th,.runs td{white-space:normal;min-width:5em;max-width:26em;overflow-wrap:anywhere}
.numbers tbody th{min-width:11em}
.bound{white-space:normal;min-width:8em}
.numbers .model{white-space:normal}
.runs tbody th{color:var(--muted)}
.runs .number{white-space:nowrap}
.best td{font-weight:600}
.error{white-space:normal;color:var(--fail)}
.place{color:var(--muted)}
.seed{border-bottom:1px solid var(--rule);white-space:nowrap}
.setting+.setting{margin-top:18px}
.part,.numbers{margin-top:26px}
h4{display:flex;flex-wrap:wrap;align-items:center;gap:8px;font-size:14px;font-weight:500;margin:10px 0 2px}
.baseline{color:var(--muted)}
.failed{margin:0;padding-left:20px;overflow-wrap:anywhere}
details{margin-top:20px}
details summary{cursor:pointer;color:var(--muted)}
pre{background:var(--card);border-radius:10px;padding:16px;overflow:auto;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media print{.scroll{overflow:visible}h2,h3,h4,.reading,.verdict{break-after:avoid}.numbers,.setting,tr{break-inside:avoid}main{max-width:none;padding:0}section{margin-top:24px}nav{display:none}body{font-size:12px}}
`;
