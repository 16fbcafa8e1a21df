// Plain CSS without fonts or images to fetch. Colors are variables: the dark scheme and print only set them
// again. Trained variants take --c0 to --c5, everything else is gray.
#include "host/report/page_style.hpp"

namespace gistmill {

std::string_view page_style() {
  return R"css(
:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --card: #ffffff; --ink: #1b1f24; --soft: #5d6671; --faint: #8b949e; --line: #e3e5e8;
  --base: #c3c9d0; --warn: #9a5b00; --bad: #b42318; --good: #1a7f4b;
  --c0: #2563c9; --c1: #d2691e; --c2: #2a8a5c; --c3: #8250c4; --c4: #b83268; --c5: #0f8b9d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --card: #1b1f24; --ink: #e4e7eb; --soft: #a3adb8; --faint: #7b8590; --line: #2e343b;
    --base: #4a535d; --warn: #e0a243; --bad: #ff7b6e; --good: #5cc98f;
    --c0: #6ba1f7; --c1: #f0954f; --c2: #58c08d; --c3: #b48af0; --c4: #ef7aa9; --c5: #4fc3d4;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
}
main { max-width: 62rem; margin: 0 auto; padding: 3rem 1.5rem 4rem; }
code, pre, .mono {
  font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.82rem;
}
header .eyebrow { margin: 0; color: var(--faint); font-size: 0.85rem; }
h1 { margin: 0.1rem 0 1.1rem; font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.015em; }
h2 { margin: 3.2rem 0 0.3rem; font-size: 1.25rem; letter-spacing: -0.01em; }
h3 { margin: 1.8rem 0 0.4rem; font-size: 0.95rem; }
p { margin: 0.4rem 0; }
.lead { font-size: 1.15rem; line-height: 1.5; margin: 0.3rem 0; max-width: 52rem; }
.lead b { font-weight: 620; }
.soft { color: var(--soft); font-size: 0.9rem; max-width: 52rem; }
.badge {
  display: inline-block; margin: 0 0 0 0.6rem; padding: 0.05rem 0.6rem; border: 1px solid currentColor;
  border-radius: 1rem; font-size: 0.78rem; font-weight: 560; letter-spacing: 0; vertical-align: middle;
}
.badge.finished { color: var(--good); } .badge.stopped { color: var(--warn); } .badge.failed { color: var(--bad); }
.tiles {
  display: flex; flex-wrap: wrap; gap: 1px; margin: 1.8rem 0 0; padding: 0;
  background: var(--line); border: 1px solid var(--line); border-radius: 8px; overflow: hidden;
}
.tiles div { flex: 1 1 auto; background: var(--card); padding: 0.7rem 0.9rem; }
.tiles dt { color: var(--soft); font-size: 0.78rem; }
.tiles dd { margin: 0; font-size: 1.05rem; font-weight: 560; font-variant-numeric: tabular-nums; white-space: nowrap; }
.card {
  margin: 1rem 0; padding: 1.1rem 1.2rem 0.8rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px;
}
.row { display: grid; gap: 1rem; margin: 1rem 0; }
.row .card { margin: 0; }
.two { grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); }
.three { grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); }
.spaced { margin-top: 1.6rem; }
.scroll { overflow-x: auto; }
.scroll + .scroll { margin-top: 1.4rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
th { text-align: right; color: var(--soft); font-weight: 500; font-size: 0.78rem; vertical-align: bottom; }
th, td { padding: 0.36rem 0.6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
td { text-align: right; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
tr:last-child td { border-bottom: 0; }
th.group { text-align: center; border-bottom-color: var(--faint); color: var(--ink); }
td.first, th.first { padding-left: 1.5rem; }
tr.trained td { font-weight: 600; }
.error { color: var(--faint); font-weight: 400; }
.words td { text-align: left; vertical-align: top; white-space: normal; }
.words th { text-align: left; }
.words .mono { word-break: break-all; }
a { color: inherit; text-decoration-color: var(--faint); }
.swatch { display: inline-block; width: 0.7em; height: 0.7em; margin-right: 0.5em; border-radius: 2px; }
.warning { color: var(--warn); } .error-level { color: var(--bad); white-space: pre-wrap; }
pre {
  margin: 0.6rem 0; padding: 0.9rem 1.1rem; overflow: auto; max-height: 34rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; line-height: 1.5; tab-size: 4;
}
footer { margin-top: 3rem; color: var(--faint); font-size: 0.82rem; }
.chart { display: block; width: 100%; height: auto; font-size: 12px; font-variant-numeric: tabular-nums; }
.chart text { fill: var(--ink); }
.chart .title { font-size: 13.5px; font-weight: 600; }
.chart .note { fill: var(--faint); font-size: 12px; font-weight: 400; }
.chart .tick { fill: var(--soft); font-size: 11.5px; }
.chart .key { fill: var(--soft); font-size: 12px; }
.chart .name, .chart .value { font-size: 13px; }
.chart .strong { font-weight: 620; }
.chart .grid { stroke: var(--line); } .chart .axis { stroke: var(--faint); }
.chart .mark { stroke: var(--soft); stroke-dasharray: 3 3; }
.chart path { fill: none; }
.chart .c0 { stroke: var(--c0); } .chart .c1 { stroke: var(--c1); } .chart .c2 { stroke: var(--c2); }
.chart .c3 { stroke: var(--c3); } .chart .c4 { stroke: var(--c4); } .chart .c5 { stroke: var(--c5); }
.chart .raw { stroke-width: 1; stroke-opacity: 0.33; }
.chart .smooth { stroke-width: 2.2; stroke-linejoin: round; }
.chart .measured { stroke-width: 1.6; stroke-linejoin: round; }
.chart .whisker { stroke-width: 1.4; } .chart .mean { stroke-width: 3; } .chart .ink { stroke: var(--ink); }
.chart .dot { stroke-width: 1.5; fill: var(--card); }
.chart .bar { stroke: none; fill: var(--base); }
.chart .bar.c0 { fill: var(--c0); } .chart .bar.c1 { fill: var(--c1); } .chart .bar.c2 { fill: var(--c2); }
.chart .bar.c3 { fill: var(--c3); } .chart .bar.c4 { fill: var(--c4); } .chart .bar.c5 { fill: var(--c5); }
.chart .cell { fill: var(--c0); stroke: var(--line); } .chart .value.on { fill: var(--card); }
.f0 { background: var(--c0); } .f1 { background: var(--c1); } .f2 { background: var(--c2); }
.f3 { background: var(--c3); } .f4 { background: var(--c4); } .f5 { background: var(--c5); }
.verdict { font-size: 0.8rem; font-weight: 560; }
.verdict.met { color: var(--good); } .verdict.missed { color: var(--warn); } .verdict.bad { color: var(--bad); }
details { margin: 1rem 0; }
summary { color: var(--soft); font-size: 0.9rem; cursor: pointer; }
.example { border-top: 1px solid var(--line); padding: 0.7rem 0; }
.example:first-of-type { border-top: 0; }
.example p { margin: 0.15rem 0; }
.example .figure { font-weight: 560; font-variant-numeric: tabular-nums; }
.strip { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.75; }
.strip .own { color: var(--soft); }
.strip span[title], .scale span { padding: 0.12em 0; border-radius: 2px; }
.scale span { padding: 0.12em 0.5em; color: var(--ink); }
.g3 { background: rgb(37 99 201 / 0.5); } .g2 { background: rgb(37 99 201 / 0.3); }
.g1 { background: rgb(37 99 201 / 0.14); }
.h1 { background: rgb(214 84 32 / 0.16); } .h2 { background: rgb(214 84 32 / 0.32); }
.h3 { background: rgb(214 84 32 / 0.52); } .h4 { background: rgb(214 84 32 / 0.75); }
@media (max-width: 40rem) {
  main { padding: 1.6rem 1rem 3rem; }
  .two, .three { grid-template-columns: 1fr; }
  section > .card { overflow-x: auto; }
  section > .card > .chart { min-width: 36rem; }
}
@media print {
  :root {
    --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --faint: #666; --line: #ccc; --base: #bbb;
    --c0: #1f55ad; --c1: #b85714; --c2: #22734d; --c3: #6d42a6; --c4: #9c2857; --c5: #0b7585;
  }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  .card, .tiles, tr, .example { break-inside: avoid; }
  .scroll { margin: 0.6rem 0; }
  table { font-size: 8pt; }
  th { font-size: 7.5pt; }
  th, td { white-space: normal; padding: 0.25rem 0.4rem; }
  .two { grid-template-columns: 1fr 1fr; }
  .three { grid-template-columns: 1fr 1fr 1fr; }
  .bar, .swatch, .strip span, .scale span { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  pre { max-height: none; white-space: pre-wrap; overflow: visible; }
}
)css";
}

}  // namespace gistmill
