// The style sheet of `report`'s page. Colours are variables, so that the charts, which name classes alone, follow light and dark.
#pragma once

namespace tickgraph {

inline constexpr char kReportStyle[] = R"CSS(
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1c2430;--soft:#5c6877;--line:#e2e6ec;--accent:#0b6bcb;
--s1:#0b6bcb;--s2:#0f9d8a;--s3:#7a9b1e;--s4:#c98a00;--s5:#d9541e;--s6:#c2337f;--s7:#7d4fd1;--s8:#1c2430;--was:#98a3b1;--hot:#d43a2f;--good:#13795b}
@media (prefers-color-scheme:dark){:root{--page:#11151b;--card:#1a2029;--ink:#e7ecf3;--soft:#93a0b1;--line:#2b3440;--accent:#5aa9ff;
--s1:#5aa9ff;--s2:#3fd0b9;--s3:#b2d24b;--s4:#f2b93b;--s5:#ff8a5c;--s6:#f478b6;--s7:#b598ff;--s8:#e7ecf3;--was:#667385;--hot:#ff6b5e;--good:#4fd1a1}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px 56px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px;font-weight:650;letter-spacing:-.01em}
h2{font-size:17px;margin:0 0 2px;font-weight:620}
p{margin:0 0 10px;color:var(--soft)}
.lead{margin-bottom:22px}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px 14px;margin:0 0 18px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0 0 18px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 16px}
.tile b{display:block;font-size:23px;font-weight:640;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.tile span{color:var(--soft);font-size:13px}
i{font-style:normal}
.tile i{font-size:13px;color:var(--soft);font-variant-numeric:tabular-nums}
.better{color:var(--good)!important}.worse{color:var(--hot)!important}
svg{display:block;width:100%;height:auto;overflow:visible}
.grid{stroke:var(--line);stroke-width:1;fill:none}
.tick{fill:var(--soft);font-size:11.5px;font-variant-numeric:tabular-nums}
.axis{fill:var(--soft);font-size:12px}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.line:hover{stroke-width:4}
.bars{fill:none;stroke-width:1;stroke:var(--s1);opacity:.75}
.mark{stroke:var(--card);stroke-width:1.5}
.marktext{fill:var(--ink);font-size:11.5px;font-variant-numeric:tabular-nums;paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.rule{stroke:var(--accent);stroke-width:1.5;stroke-dasharray:5 4;fill:none}
path.s1{stroke:var(--s1)}path.s2{stroke:var(--s2)}path.s3{stroke:var(--s3)}path.s4{stroke:var(--s4)}
path.s5{stroke:var(--s5)}path.s6{stroke:var(--s6)}path.s7{stroke:var(--s7)}path.s8{stroke:var(--s8)}
path.was{stroke:var(--was);stroke-dasharray:4 4}
circle.s1{fill:var(--s1)}circle.s2{fill:var(--s2)}circle.s5{fill:var(--s5)}circle.s8{fill:var(--s8)}circle.hot{fill:var(--hot)}circle.was{fill:var(--was)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:4px 0 10px;padding:0;list-style:none;color:var(--soft);font-size:13px}
.legend svg{display:inline-block;width:22px;height:10px;margin-right:6px;vertical-align:0}
.multiples{display:grid;grid-template-columns:repeat(auto-fit,minmax(430px,1fr));gap:8px 22px}
.multiples h3{font-size:14px;font-weight:600;margin:8px 0 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th{color:var(--soft);font-weight:550;text-align:right;padding:5px 8px;border-bottom:1px solid var(--line);white-space:nowrap}
td{text-align:right;padding:5px 8px;border-bottom:1px solid var(--line);white-space:nowrap}
tr:last-child td{border-bottom:0}
th:first-child,td:first-child{text-align:left;padding-left:0}
td.text{text-align:left;white-space:normal;overflow-wrap:anywhere}th.text{text-align:left}
td small{color:var(--soft)}
footer{color:var(--soft);font-size:13px}
)CSS";

}  // namespace tickgraph
