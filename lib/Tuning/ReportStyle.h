//===- ReportStyle.h - Type and colours of the report -----------*- C++ -*-===//
//
// Part of the QiMeng project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef QIMENG_LIB_TUNING_REPORTSTYLE_H
#define QIMENG_LIB_TUNING_REPORTSTYLE_H

namespace qimeng {

inline constexpr const char *reportStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #fdfdfb; --panel: #f5f4f0; --ink: #20242a; --muted: #646b74;
  --rule: #e2e1db; --accent: #2b5fae; --good: #2f7d52; --warn: #a86a12;
  --bad: #b63b35; --worse: #7a4ba6; --roof: #8a6d3b;
}
@media (prefers-color-scheme: dark) { :root {
  --paper: #14171b; --panel: #1c2025; --ink: #e4e6e8; --muted: #969ea8;
  --rule: #2d3239; --accent: #82aef2; --good: #6fc592; --warn: #e0b060;
  --bad: #ef8b82; --worse: #c4a0ea; --roof: #cdb07a;
} }
* { box-sizing: border-box; }
html { background: var(--paper); }
body {
  margin: 0 auto; padding: 3.2rem 2rem 5rem; max-width: 66rem;
  background: var(--paper); color: var(--ink);
  font: 16px/1.55 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto,
    "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
.eyebrow { margin: 0; color: var(--muted); font-size: .8rem;
  letter-spacing: .06em; text-transform: uppercase; }
h1 { margin: .15rem 0 .3rem; font-size: 2.1rem; line-height: 1.2;
  font-weight: 620; letter-spacing: -.015em; }
h2 { margin: 3.2rem 0 .3rem; font-size: 1.2rem; font-weight: 620;
  letter-spacing: -.005em; break-after: avoid; }
h2 + p { margin: 0 0 1rem; color: var(--muted); font-size: .92rem; }
.sub { margin: 0; color: var(--muted); }
.badge { display: inline-block; padding: .05rem .6rem; border-radius: 1rem;
  border: 1px solid currentColor; font-size: .8rem; white-space: nowrap; }
.badge.measured { color: var(--good); }
.badge.predicted { color: var(--warn); }
.headline { margin: 1.8rem 0 1.4rem; font-size: 1.32rem; line-height: 1.5;
  max-width: 46rem; }
.headline b { font-weight: 640; white-space: nowrap; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit,
  minmax(11rem, 1fr)); margin: 0; border: 1px solid var(--rule);
  border-radius: 10px; overflow: hidden; background: var(--panel); }
.tiles div { padding: .9rem 1.1rem 1rem;
  box-shadow: 1px 0 0 var(--rule), 0 1px 0 var(--rule); }
.tiles dt { color: var(--muted); font-size: .82rem; }
.tiles dd { margin: .1rem 0 0; font-size: 1.55rem; font-weight: 600;
  line-height: 1.25; letter-spacing: -.01em; }
.tiles dd small { display: block; color: var(--muted); font-size: .8rem;
  font-weight: 400; letter-spacing: 0; }
.note { margin: 1rem 0 0; padding: .7rem 1rem; border-left: 3px solid
  var(--warn); background: var(--panel); border-radius: 0 6px 6px 0;
  font-size: .94rem; }
figure { margin: 0; break-inside: avoid; }
svg { display: block; width: 100%; height: auto; }
figure svg { overflow: visible; }
svg text { fill: var(--muted); font-size: 13px; }
svg .label { font-size: 13px; }
svg .grid, svg .lane { stroke: var(--rule); }
svg .axis, svg .tick { stroke: var(--muted); stroke-opacity: .55; }
svg .lane { stroke-dasharray: 1 5; }
svg .floor { stroke: var(--roof); stroke-dasharray: 6 5; stroke-width: 1.5; }
svg .floor-label, svg .roof-label { fill: var(--roof); }
svg .best-line { fill: none; stroke: var(--accent); stroke-width: 2.2;
  stroke-linejoin: round; }
svg .best-area { fill: var(--accent); fill-opacity: .07; }
svg .best-ring { fill: none; stroke: var(--accent); stroke-width: 2; }
svg .best-label { fill: var(--accent); font-weight: 640; font-size: 14px;
  paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
svg .mark { stroke-width: 1.6; }
svg .accepted { fill: var(--good); stroke: var(--paper); stroke-width: 1; }
svg .not-faster { fill: var(--paper); stroke: var(--muted); }
svg .refused { fill: none; stroke: var(--warn); stroke-width: 2; }
svg .failed { fill: var(--bad); stroke: none; }
svg .crashed { fill: var(--worse); stroke: none; }
svg .timed-out { fill: none; stroke: var(--worse); stroke-width: 1.8; }
svg .roof { stroke: var(--roof); stroke-width: 2; }
svg .headroom { stroke: var(--accent); stroke-dasharray: 2 4; }
svg .point { fill: var(--accent); stroke: var(--paper); stroke-width: 1.5; }
svg .point-label { fill: var(--ink); font-weight: 640; paint-order: stroke;
  stroke: var(--paper); stroke-width: 4px; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; margin: .6rem 0 0;
  padding: 0; list-style: none; color: var(--muted); font-size: .88rem; }
.legend svg, td svg { display: inline-block; width: 14px; height: 14px;
  vertical-align: -2px; margin-right: .4rem; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .88rem;
  line-height: 1.45; }
th { padding: .45rem .7rem; border-bottom: 1px solid var(--muted);
  color: var(--muted); font-weight: 500; text-align: left;
  vertical-align: bottom; white-space: nowrap; }
td { padding: .45rem .7rem; border-bottom: 1px solid var(--rule);
  vertical-align: top; overflow-wrap: break-word; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
.n { text-align: right; white-space: nowrap; }
td.what { min-width: 14rem; width: 40%; }
.status { white-space: nowrap; }
tr.winner td { background: color-mix(in srgb, var(--accent) 9%, transparent); }
tr.has-reason td { border-bottom: 0; padding-bottom: 0; }
tr.reason td { padding-top: .1rem; color: var(--muted); }
tr.reason summary { cursor: pointer; }
tr.reason pre { margin: .4rem 0; }
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo,
  Consolas, "DejaVu Sans Mono", monospace; font-size: .9em; }
pre { margin: .8rem 0 0; padding: 1rem 1.2rem; border-radius: 8px;
  background: var(--panel); border: 1px solid var(--rule); font-size: .82rem;
  line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 2;
}
.filter { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0 0 .8rem;
  padding: 0; border: 0; font-size: .86rem; }
.filter input { position: absolute; opacity: 0; }
.filter label { padding: .15rem .8rem; border: 1px solid var(--rule);
  border-radius: 1rem; color: var(--muted); cursor: pointer; }
.filter input:checked + label { color: var(--ink); border-color: var(--muted);
  background: var(--panel); }
.filter input:focus-visible + label { outline: 2px solid var(--accent); }
dl.facts { display: grid; grid-template-columns: max-content 1fr;
  gap: .25rem 1.6rem; margin: .8rem 0 0; font-size: .92rem; }
dl.facts dt { color: var(--muted); }
dl.facts dd { margin: 0; }
.fold > summary { cursor: pointer; color: var(--muted); font-size: .92rem;
  margin-top: .6rem; }
@media (max-width: 40rem) {
  body { padding: 1.6rem 1rem 3rem; }
  figure { overflow-x: auto; }
  figure > svg { min-width: 42rem; }
  dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dd { margin-bottom: .5rem; }
}
@media print {
  :root { --paper: #fff; --panel: #fff; --ink: #000; --muted: #555;
    --rule: #ccc; --accent: #2b5fae; --good: #2f7d52; --warn: #a86a12;
    --bad: #b63b35; --worse: #7a4ba6; --roof: #8a6d3b; }
  @page { margin: 16mm 14mm; }
  body { padding: 0; max-width: none; font-size: 10.5pt; }
  h2 { margin-top: 1.8rem; }
  h2 + p { break-after: avoid; }
  .tiles { grid-template-columns: repeat(5, 1fr); }
  .tiles div { padding: .6rem .7rem; }
  .tiles dd { font-size: 1.2rem; }
  th, td { padding: .25rem .4rem; }
  tr.has-reason { break-after: avoid; }
  .filter { display: none; }
  table { font-size: 8.5pt; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; }
  td.what { min-width: 0; }
}
)css";

} // namespace qimeng

#endif // QIMENG_LIB_TUNING_REPORTSTYLE_H
