#include "evaluation/report/style.h"

namespace marquee::evaluation {

// Colours of series are those of Okabe & Ito (2008), darker on light and lighter on dark grounds
// until lines stand out; the shapes of markers say the same.
const char* const kStyle = R"css(
:root {
  color-scheme: light dark;
  --ground: #fcfbf9; --raised: #ffffff; --ink: #1d1b18; --soft: #5f5a52; --line: #e4dfd6;
  --accent: #9c2f1c; --best: #fbf0dc; --code: #f3efe8;
  --s0: #0068a8; --s1: #c44e00; --s2: #007d5a; --s3: #a23b82; --s4: #8a6a00; --s5: #5d5fc4;
  --s6: #5e6469; --s7: #a3343c;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Inter, Roboto, "Helvetica Neue", sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #161514; --raised: #1e1c1b; --ink: #ece8e1; --soft: #a9a298; --line: #35312d;
    --accent: #f0a08c; --best: #3a2f1b; --code: #25221f;
    --s0: #62b6ef; --s1: #ff9a52; --s2: #35c99b; --s3: #e48cc4; --s4: #e3c24a; --s5: #a9abff;
    --s6: #b4babf; --s7: #f58f95;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0 auto; padding: 3.5rem 1.5rem 5rem; max-width: 74rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.55 var(--sans); overflow-wrap: break-word;
}
h1, h2 { font-family: var(--serif); font-weight: 600; text-wrap: balance; }
h1 { margin: .3rem 0 1rem; max-width: 24em; font-size: clamp(1.7rem, 4.6vw, 2.7rem);
  line-height: 1.16; letter-spacing: -.012em; }
h2 { margin: 4rem 0 .4rem; padding-top: 1.1rem; border-top: 1px solid var(--line);
  font-size: 1.55rem; line-height: 1.25; }
h3 { margin: 0 0 .6rem; font-size: 1rem; }
p { margin: .5rem 0 1rem; max-width: 44rem; }
a { color: inherit; text-decoration-color: var(--accent); text-decoration-thickness: 1px;
  text-underline-offset: .2em; }
a:hover { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.eyebrow { margin: 0; color: var(--accent); font-size: .8rem; font-weight: 600;
  letter-spacing: .09em; text-transform: uppercase; }
.nowrap { white-space: nowrap; }
.lead { font-size: 1.15rem; line-height: 1.5; }
.note, figcaption span, small { color: var(--soft); }
.note { font-size: .9rem; }
.warning { border-left: 3px solid var(--accent); padding-left: .9rem; }
.facts { display: flex; flex-wrap: wrap; gap: 1px; margin: 2rem 0 0; border: 1px solid var(--line);
  border-radius: .6rem; background: var(--line); overflow: hidden; }
.facts div { flex: 1 0 auto; min-width: 8rem; padding: .8rem 1rem; background: var(--raised); }
.facts dt { color: var(--soft); font-size: .8rem; }
.facts dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums; }

.scroll { margin: 1.2rem 0; overflow-x: auto; border: 1px solid var(--line); border-radius: .6rem;
  background: var(--raised); }
table { width: 100%; border-collapse: collapse; font-size: .92rem;
  font-variant-numeric: tabular-nums; }
caption { padding: .8rem 1rem .5rem; color: var(--soft); font-size: .92em; text-align: left; }
th, td { padding: .55rem .8rem; border-top: 1px solid var(--line); text-align: right;
  vertical-align: top; white-space: nowrap; }
th:first-child { position: sticky; left: 0; background: var(--raised); text-align: left; }
thead th { border-top: 0; font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 500; }
td small, th small { display: block; font-size: .87em; font-weight: 400; }
td.best { background: var(--best); font-weight: 650; }
td.heat { background: color-mix(in srgb, var(--s0) calc(var(--heat) * .38), transparent); }
td abbr { color: var(--accent); text-decoration: none; cursor: help; }
td.none { color: var(--soft); }
th .key + span { vertical-align: middle; }
th button { margin: 0 0 0 .25rem; padding: 0 .15rem; border: 0; background: none;
  color: var(--soft); font: inherit; cursor: pointer; }

.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
  gap: 1.2rem; margin: 1.2rem 0; }
figure { display: flex; flex-direction: column; margin: 0; padding: 1.1rem 1.2rem 1rem;
  border: 1px solid var(--line); border-radius: .6rem; background: var(--raised); }
figcaption { margin-bottom: .8rem; font-size: .95rem; line-height: 1.4; }
figcaption span { display: block; font-size: .85rem; }
.plot { display: block; width: 100%; max-width: 32rem; height: auto; margin: auto 0; }
.plot text { fill: var(--soft); font: 12px var(--sans); font-variant-numeric: tabular-nums; }
.plot .label { fill: var(--ink); }
.plot .number { font-weight: 600; }
.axis { stroke: var(--soft); }
.grid { stroke: var(--line); }
.reference, .next { stroke: var(--soft); }
.reference { stroke-dasharray: 5 4; }
.whisker { stroke-width: 2.5; stroke-linecap: round; opacity: .55; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.curve.next { stroke-width: 5; opacity: .35; stroke: var(--soft); }
.mark { stroke: var(--raised); stroke-width: 1; }
.key { width: .95rem; height: .95rem; margin-right: .4rem; vertical-align: -.13rem; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: .8rem 0 0; padding: 0;
  font-size: .85rem; list-style: none; }
.band { display: inline-block; width: 1.2rem; height: .32rem; margin-right: .4rem;
  border-radius: 1rem; background: var(--soft); opacity: .45; vertical-align: .15rem; }
.s0 { fill: var(--s0); } .s1 { fill: var(--s1); } .s2 { fill: var(--s2); } .s3 { fill: var(--s3); }
.s4 { fill: var(--s4); } .s5 { fill: var(--s5); } .s6 { fill: var(--s6); } .s7 { fill: var(--s7); }
.curve { fill: none; }
.whisker.s0, .curve.s0 { stroke: var(--s0); } .whisker.s1, .curve.s1 { stroke: var(--s1); }
.whisker.s2, .curve.s2 { stroke: var(--s2); } .whisker.s3, .curve.s3 { stroke: var(--s3); }
.whisker.s4, .curve.s4 { stroke: var(--s4); } .whisker.s5, .curve.s5 { stroke: var(--s5); }
.whisker.s6, .curve.s6 { stroke: var(--s6); } .whisker.s7, .curve.s7 { stroke: var(--s7); }

details { margin: 1rem 0; }
summary { width: fit-content; cursor: pointer; color: var(--accent); font-size: .92rem; }
.user { margin: 1.2rem 0; padding: 1.1rem 1.2rem; border: 1px solid var(--line);
  border-radius: .6rem; background: var(--raised); }
.lists { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 10.5rem), 1fr));
  gap: 1.1rem 1.3rem; font-size: .88rem; line-height: 1.4; }
.lists h4 { margin: 0 0 .35rem; color: var(--soft); font-size: .85rem; font-weight: 600; }
.lists ul + h4 { margin-top: .9rem; }
.lists ol, .lists ul { margin: 0; padding-left: 1.3rem; }
.lists li { margin: .2rem 0; }
.found { font-weight: 650; }
.found::after { content: " ✓"; color: var(--accent); }
.definitions { display: grid; grid-template-columns: 11rem 1fr; gap: .9rem 1.4rem; }
.definitions dt { font-weight: 600; }
.definitions dd { margin: 0; max-width: 44rem; }
.definitions :target { color: var(--accent); }
.definitions cite { display: block; color: var(--soft); font-size: .85rem; font-style: normal; }
.lineage ul { margin: .2rem 0 1rem; padding-left: 1.2rem; }
code, pre { border-radius: .35rem; background: var(--code);
  font: .86em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
code { padding: .1em .35em; overflow-wrap: anywhere; }
pre { padding: .9rem 1.1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
footer { margin-top: 4rem; color: var(--soft); font-size: .85rem; }

@media (max-width: 40rem) {
  body { padding: 2rem 1rem 3rem; }
  h2 { margin-top: 3rem; }
  th, td { padding: .5rem .65rem; }
  th:first-child { min-width: 8rem; max-width: 9rem; white-space: normal; }
  thead wbr { display: none; }
  .plot text { font-size: 13.5px; }
  figure, .user { padding: .9rem; }
  .definitions { grid-template-columns: 1fr; gap: .1rem; }
  .definitions dd { margin-bottom: .9rem; }
}
@media print {
  :root { --ground: #fff; --raised: #fff; --ink: #000; --soft: #444; --line: #bbb; --best: #eee;
    color-scheme: light; }
  @page { margin: 16mm 14mm; }
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  h2 { margin-top: 1.6rem; break-after: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding: .3rem .4rem; }
  th:first-child { position: static; }
  figure, .user, .scroll, .definitions dd { break-inside: avoid; }
  .plots { grid-template-columns: 1fr 1fr; }
  .lists { grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: .6rem .8rem;
    font-size: 7.5pt; }
  th button { display: none; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
)css";

const char* const kScript = R"js(
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const key = (row, i) => {
    const cell = row.cells[i], v = cell.dataset.v;
    return v === undefined ? cell.textContent : v === "" ? -Infinity : Number(v);
  };
  [...table.tHead.rows[0].cells].forEach((head, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "↕";
    button.setAttribute("aria-label", "Sort by " + head.textContent);
    button.onclick = () => {
      const up = head.getAttribute("aria-sort") === "descending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const sign = up ? 1 : -1;
      const rows = [...body.rows].sort((a, b) => {
        const x = key(a, i), y = key(b, i);
        return x < y ? -sign : x > y ? sign : 0;
      });
      body.append(...rows);
    };
    const note = head.querySelector("small");
    note ? note.before(button) : head.append(button);
  });
}
)js";

}  // namespace marquee::evaluation
