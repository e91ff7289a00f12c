"""The pages' one stylesheet: no assets from elsewhere, light and dark, from a phone's width upwards."""

STYLESHEET = """
:root {
  color-scheme: light dark;
  --paper: #f5f6f8; --sheet: #ffffff; --ink: #1b2332; --soft: #5b6577; --line: #dde2ea; --link: #1a56b0;
  --first: #1a56b0; --code: #eff2f6; --chip: #e6edf8; --warn: #8a4b00; --face: #d9e5f7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #11151b; --sheet: #191f28; --ink: #e4e9f1; --soft: #9aa5b5; --line: #2b3442; --link: #86b6f7;
    --first: #7fb0f4; --code: #222a36; --chip: #22324b; --warn: #f0b46a; --face: #2b3f5e;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
header.top { background: var(--sheet); border-bottom: 1px solid var(--line); }
header.top > div, main { max-width: 860px; margin: 0 auto; padding: 12px 18px; }
header.top > div { display: flex; gap: 8px 12px; align-items: center; flex-wrap: wrap; }
header.top strong a { color: var(--ink); }
header.top form { display: flex; gap: 8px; align-items: center; margin-left: auto; }
main { padding-top: 20px; padding-bottom: 60px; }
h1 { font-size: 24px; line-height: 1.3; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 28px 0 10px; }
.path { margin: 0 0 4px; font-size: 14px; color: var(--soft); }
.about { margin: 0 0 10px; color: var(--soft); font-size: 14px; }
.soft { color: var(--soft); font-size: 14px; }
.sheet { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; }
ul.rows { list-style: none; margin: 0; padding: 0; overflow: hidden; }
ul.rows li { display: flex; gap: 4px 12px; align-items: baseline; flex-wrap: wrap;
  padding: 12px 16px; border-top: 1px solid var(--line); }
ul.rows li:first-child { border-top: 0; }
.grow { flex: 1 1 240px; min-width: 0; overflow-wrap: anywhere; }
.key { color: var(--soft); font-size: 14px; font-variant-numeric: tabular-nums; }
.labels { display: flex; gap: 8px; flex-wrap: wrap; align-items: center; margin: 0 0 14px; }
.label { display: inline-flex; align-items: center; gap: 4px; background: var(--chip); border-radius: 999px;
  padding: 2px 12px; font-size: 14px; overflow-wrap: anywhere; }
.label button { border: 0; background: none; padding: 0 4px; min-height: 26px; color: var(--soft); }
article { margin: 0 0 12px; }
article header { display: flex; gap: 4px 8px; align-items: center; flex-wrap: wrap; margin-bottom: 4px; }
article footer { margin-top: 8px; }
.face { width: 30px; height: 30px; border-radius: 50%; background: var(--face); display: inline-grid;
  place-items: center; font-size: 12px; font-weight: 600; }
.restricted { color: var(--warn); font-size: 14px; }
.reaction { border: 1px solid var(--line); border-radius: 999px; padding: 1px 10px; font-size: 14px; }
.text { overflow-wrap: anywhere; }
.text > :first-child { margin-top: 0; } .text > :last-child { margin-bottom: 0; }
.text h3, .text h4, .text h5, .text h6 { margin: 16px 0 6px; font-size: 15px; }
.text p, .text ul, .text ol, .text blockquote { margin: 8px 0; }
.text ul, .text ol { padding-left: 24px; }
code, pre { font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace; }
code { background: var(--code); border-radius: 5px; padding: 1px 5px; }
pre { background: var(--code); border-radius: 8px; padding: 10px 12px; margin: 10px 0; overflow-x: auto; }
pre code { background: none; padding: 0; }
blockquote { border-left: 3px solid var(--line); padding-left: 12px; color: var(--soft); }
.panel { border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px; margin: 10px 0; }
.note { color: var(--warn); font-size: 14px; }
.person { background: var(--chip); border-radius: 5px; padding: 1px 5px; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 10px 0; }
th, td { border: 1px solid var(--line); padding: 4px 10px; text-align: left; }
hr { border: 0; border-top: 1px solid var(--line); margin: 16px 0; }
.red { color: #c0362c; } .green { color: #1f7a45; } .blue { color: #1a56b0; }
.orange { color: #a45a00; } .purple { color: #6a45b8; } .grey, .gray { color: var(--soft); }
@media (prefers-color-scheme: dark) {
  .red { color: #f08a80; } .green { color: #6cc990; } .blue { color: #86b6f7; }
  .orange { color: #f0b46a; } .purple { color: #b79bf0; }
}
form.write { display: grid; gap: 8px; margin-top: 16px; }
form.write label { font-weight: 600; font-size: 14px; }
form.row { grid-template-columns: 1fr auto; }
form.row label { grid-column: 1 / -1; }
textarea, input, select, button { font: inherit; color: var(--ink); background: var(--sheet); min-width: 0;
  border: 1px solid var(--line); border-radius: 8px; padding: 7px 12px; min-height: 40px; }
textarea { width: 100%; resize: vertical; background: var(--paper); }
input { background: var(--paper); }
button { font-weight: 600; cursor: pointer; }
button.first { justify-self: start; background: var(--first); border-color: transparent; color: #fff; }
@media (prefers-color-scheme: dark) { button.first { color: #10141a; } }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); margin: 0; }
"""
