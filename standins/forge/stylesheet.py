"""The pages' one stylesheet: no assets from elsewhere, light and dark, from a phone's width upwards."""

STYLESHEET = """
:root {
  color-scheme: light dark;
  --paper: #f6f7f9; --sheet: #ffffff; --ink: #1d2430; --soft: #5c6675; --line: #dfe3ea; --link: #1c5fb8;
  --open: #1f7a45; --merged: #6a45b8; --closed: #b3382f;
  --good: #e4f6ea; --bad: #fdeae8; --hunk: #eaf1fb; --code: #f1f3f6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161c; --sheet: #1a2029; --ink: #e5e9f0; --soft: #98a3b3; --line: #2c3543; --link: #82b4f5;
    --open: #3fa368; --merged: #9878e0; --closed: #e0695f;
    --good: #173524; --bad: #3d1f1e; --hunk: #1b2b42; --code: #232b36;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible, button:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
header.top { background: var(--sheet); border-bottom: 1px solid var(--line); }
header.top div, main { max-width: 1000px; margin: 0 auto; padding: 14px 18px; }
header.top div { display: flex; gap: 10px; align-items: baseline; flex-wrap: wrap; }
header.top strong a { color: var(--ink); }
header.top span { color: var(--soft); font-size: 14px; }
main { padding-top: 22px; padding-bottom: 60px; }
h1 { font-size: 24px; line-height: 1.3; margin: 0 0 6px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 30px 0 10px; }
p.about { color: var(--soft); margin: 0 0 18px; overflow-wrap: anywhere; }
.sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.sheet.padded { padding: 6px 18px; }
ul.rows { list-style: none; margin: 0; padding: 0; }
ul.rows li { display: flex; gap: 6px 12px; align-items: baseline; flex-wrap: wrap;
  padding: 11px 16px; border-top: 1px solid var(--line); }
ul.rows li:first-child { border-top: 0; }
ul.rows .grow { flex: 1 1 240px; min-width: 0; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: 14px; }
.badge { border-radius: 999px; padding: 2px 10px; font-size: 13px; font-weight: 600;
  color: #fff; background: var(--soft); }
@media (prefers-color-scheme: dark) { .badge { color: #10141a; } }
.badge.open { background: var(--open); } .badge.merged { background: var(--merged); }
.badge.closed { background: var(--closed); }
code, pre { font: 13px/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; }
code { background: var(--code); border-radius: 5px; padding: 1px 5px; overflow-wrap: anywhere; }
pre { margin: 0; overflow-x: auto; }
.text { overflow-wrap: anywhere; }
.text pre { background: var(--code); border-radius: 8px; padding: 10px 12px; }
.text pre code { background: none; padding: 0; }
.file { margin-bottom: 16px; }
.file h3 { margin: 0; padding: 9px 16px; font: 600 13px/1.5 ui-monospace, Menlo, Consolas, monospace;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.diff span { display: block; min-width: max-content; padding: 0 16px; white-space: pre; }
.diff .added { background: var(--good); } .diff .deleted { background: var(--bad); }
.diff .hunk { background: var(--hunk); color: var(--soft); }
.added-count { color: var(--open); } .deleted-count { color: var(--closed); }
form { display: inline; }
.deeds { display: flex; gap: 10px; flex-wrap: wrap; align-items: center; margin: 18px 0 0; }
button { font: inherit; font-weight: 600; border-radius: 8px; padding: 8px 16px; cursor: pointer;
  border: 1px solid var(--line); background: var(--sheet); color: var(--ink); }
button.first { background: var(--open); border-color: transparent; color: #fff; }
@media (prefers-color-scheme: dark) { button.first { color: #10141a; } }
.note { border-left: 4px solid var(--closed); padding: 8px 14px; background: var(--sheet); border-radius: 6px; }
"""
