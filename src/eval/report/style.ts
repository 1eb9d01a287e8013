/** The page's style; it follows the system's color scheme and needs no font or file from elsewhere. */
export const style = `
:root { color-scheme: light dark; --ink: light-dark(#15202b, #e6edf3); --soft: light-dark(#5b6876, #98a5b3);
  --line: light-dark(#d9e0e7, #2c3640); --ground: light-dark(#fff, #12181e); --card: light-dark(#f5f7f9, #1a222a);
  --blue: light-dark(#1769c0, #6db3ff); --red: light-dark(#c8102e, #ff5a6e); --green: #19c37d; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px clamp(12px, 3vw, 40px); max-width: 1280px; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 26px; } h2 { margin: 40px 0 8px; font-size: 19px; } h3 { margin: 24px 0 6px; font-size: 15px; }
p { margin: 0 0 12px; max-width: 80ch; } small, .soft { color: var(--soft); }
.numbers { display: flex; flex-wrap: wrap; gap: 10px; margin: 18px 0; padding: 0; list-style: none; }
.numbers li { min-width: 128px; padding: 10px 14px; border-radius: 10px; background: var(--card); }
.numbers b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; }
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 14px; }
.curves section { padding: 10px; border-radius: 10px; background: var(--card); }
.curves h3 { margin: 0 0 4px; } .curve { display: block; width: 100%; }
.grid { stroke: var(--line); fill: none; } .line { stroke: var(--blue); stroke-width: 2; fill: none; stroke-linejoin: round; }
.tick, .axis { fill: var(--soft); font-size: 10px; } .dot { stroke: var(--card); stroke-width: 1.5; }
.quiet { fill: #2a9d8f; } .normal { fill: #e9a820; } .alert { fill: #e4572e; }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 5px; margin: 0 4px 0 12px; }
.key.quiet { background: #2a9d8f; } .key.normal { background: #e9a820; } .key.alert { background: #e4572e; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; font-weight: 400; }
thead th { color: var(--soft); vertical-align: bottom; } tbody th, thead th:first-child { text-align: left; }
.bar { background: linear-gradient(to right, color-mix(in srgb, var(--blue) 26%, transparent) var(--share), transparent var(--share)); }
.right { background: color-mix(in srgb, var(--green) calc(var(--share) * .8), transparent); }
.wrong { background: color-mix(in srgb, var(--red) calc(var(--share, 0%) * .7), transparent); }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 12px; }
figure { margin: 0; } figure svg { display: block; width: 100%; border-radius: 8px; background: #000; }
figcaption { margin-top: 4px; font-size: 13px; overflow-wrap: anywhere; } figcaption small { display: block; }
rect { fill: none; vector-effect: non-scaling-stroke; } .labeled { stroke: #19c37d; stroke-width: 1.5; stroke-dasharray: 4 3; }
.seen { stroke: #6db3ff; stroke-width: 1; } .alarm { stroke: #ff3b4e; stroke-width: 3; } .miss { stroke: #ffb020; stroke-width: 3; }
summary { cursor: pointer; font-weight: 600; } details { margin: 14px 0; }
`;
