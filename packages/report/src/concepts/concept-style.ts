import { stylesheet } from "../page/stylesheet.ts";

/** The style of the pages of concepts, which they share as a file. */
export const conceptStyle: string = `${stylesheet}
main.concept{max-width:1432px;padding:14px 24px 24px}
.concept nav,.list nav{margin:0 0 6px;gap:2px 18px}
nav .name{font-weight:400}
.concept h1,.list h1{font-size:26px;margin:0 0 2px;max-width:none}
.concept header p{font-size:14px;max-width:none;margin:0 0 10px}
.concept section,.list section{margin:0 0 12px;padding:0;border:0}
.concept h2{font-size:14px;margin:0 0 5px}
.columns{display:grid;grid-template-columns:316px minmax(0,1fr) 300px;gap:0 30px;align-items:start}
.figures{display:flex;flex-wrap:wrap;gap:8px 14px;align-items:flex-start}
.figures figure{width:150px}
.figures figure img,.figures svg.line,.figures .vectors{width:100%;height:auto}
.figures.removal{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));max-width:680px;gap:8px 14px}
.figures.removal figure{width:auto}
.figures img,.shot img{box-shadow:0 0 0 1px var(--rule);background:var(--rule)}
.figures .line+.line{margin-top:2px}
.shots{display:grid;grid-template-columns:repeat(6,minmax(0,1fr));gap:7px 9px}
.shot img{width:100%;height:auto;image-rendering:pixelated}
.shot img[src$=".svg"]{background:var(--card)}
.photographs img,.changed .shot img{image-rendering:auto}
.figures.changed{margin-top:6px}
.changed figure{width:150px}
.concept ul{margin:4px 0;padding-left:18px;font-size:14px}
.signed .contours{filter:drop-shadow(0 0 .6px #fff)}
.signed .weak{stroke:#1d7a36}
.signed .strong{stroke:#063}
.shot .bars path{stroke:var(--model-1);stroke-width:2;stroke-opacity:.55}
.shots figcaption{line-height:1.25;margin-top:2px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.chart{display:block;width:100%;height:64px;border-bottom:1px solid var(--muted)}
.chart path{fill:var(--model-0)}
.ends{display:flex;justify-content:space-between;font-size:12px;color:var(--muted);margin:2px 0 0;max-width:none}
.concept .note{font-size:12px;margin:4px 0 0}
.concept table{font-size:13px;width:100%}
.concept th,.concept td{padding:2px 8px 2px 0;border:0}
.concept tbody th{white-space:normal}
.concept thead th{color:var(--muted);font-size:12px}
td a,th a,.cells a{border-bottom:1px solid var(--muted)}
.thumb{display:block;width:32px;height:32px;image-rendering:pixelated}
td .line{width:40px}
.cells{display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:14px 8px;margin-top:18px}
.cells figure{content-visibility:auto;contain-intrinsic-size:104px 108px}
.cells .thumb{width:72px;height:72px}
.cells .line{width:96px;height:60px}
@media(max-width:1180px){.columns{grid-template-columns:316px minmax(0,1fr)}.columns>:last-child{grid-column:1/-1;display:grid;grid-template-columns:repeat(auto-fit,minmax(260px,1fr));gap:0 30px}}
@media(max-width:760px){main.concept,main.list{padding:12px 14px 24px}.columns{grid-template-columns:minmax(0,1fr)}.shots{grid-template-columns:repeat(4,minmax(0,1fr))}.columns>div{order:1}.columns>:last-child{order:2;display:block}.figures figure{width:calc(50% - 7px)}.figures.removal{grid-template-columns:repeat(2,minmax(0,1fr))}.figures.removal figure{width:auto}}
`;
