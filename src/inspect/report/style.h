/// How the report looks, beyond what all pages have. Colours of the map: text stands out by at least 4.5 on all of
/// them.
#pragma once

#include <string_view>

namespace keelson::inspect {

inline constexpr std::string_view kReportStyle = R"(:root {
  --ca: #cfe3fb; --cb: #d3efd2; --cc: #fbe3c4; --cd: #f6d3de; --ce: #e2d8f7; --cf: #cdeeee; --cg: #f3efc0; --ch: #e4ddd3; --rest: #e3e3e3; --ink: #16202c; --edge: #5a6673; --link: #0b57b0; }
@media (prefers-color-scheme: dark) { :root {
  --ca: #1d3a5c; --cb: #1f4a2a; --cc: #5a3f14; --cd: #5a2638; --ce: #40306a; --cf: #17494c; --cg: #4b4716; --ch: #463c30; --rest: #33373d; --ink: #f2f4f7; --edge: #8b97a5; --link: #8fbcff; } }
h1 { margin-bottom: 0; overflow-wrap: anywhere; } h1 code { font: inherit; } h2 { margin-top: 2.5rem; border-bottom: 2px solid var(--line); }
a { color: var(--link); } :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; } main:focus { outline: none; }
.skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; top: .5rem; background: var(--page); padding: .5rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; list-style: none; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; } tbody th { font-weight: 500; } thead th { font-weight: 600; }
td { min-width: 4.5rem; } tbody th { min-width: 7rem; }
.scroll { overflow-x: auto; margin: .5rem 0; } .badge { white-space: nowrap; font-weight: 600; }
.why { font-size: .9em; font-weight: 400; color: var(--soft); }
.tiles { display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; list-style: none; } .tiles li { border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .9rem; } .tiles b { display: block; font-size: 1.4rem; }
figure { margin: 1rem 0; } svg { width: 100%; height: auto; display: block; }
.map rect { stroke: var(--edge); stroke-width: .75; } .map text { font: 12px system-ui, sans-serif; fill: var(--ink); pointer-events: none; }
.map g:hover > rect { stroke-width: 2.5; }
.c0 { fill: var(--ca); } .c1 { fill: var(--cb); } .c2 { fill: var(--cc); } .c3 { fill: var(--cd); } .c4 { fill: var(--ce); } .c5 { fill: var(--cf); } .c6 { fill: var(--cg); } .c7 { fill: var(--ch); } .rest { fill: var(--rest); } .bars text { fill: var(--text); }
@media print { nav, .skip { display: none; } }
@media print { details::details-content { content-visibility: visible; height: auto; } }
)";

}  // namespace keelson::inspect
