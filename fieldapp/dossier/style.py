"""How a summary looks, on a screen and on paper."""

STYLE = """
@page { size: A4; margin: 16mm 14mm }
body { font: 10.5pt/1.4 system-ui, sans-serif; color: #1b1b1b; max-width: 52em;
  margin: 2em auto; padding: 0 1em }
h1 { font-size: 18pt; margin: 0 0 .4em; border-bottom: 3px solid #2f6f4f }
h2 { font-size: 13pt; margin: 1.6em 0 .5em; color: #2f6f4f; break-after: avoid }
h3 { font-size: 10.5pt; margin: 0 0 .2em; break-after: avoid }
h3 b { display: inline-block; min-width: 2.2em; color: #2f6f4f }
h3 i { float: right; font-weight: normal }
time { font-weight: normal; font-variant-numeric: tabular-nums }
small { color: #5c5c5c; font-weight: normal; font-size: 88% }
table { border-collapse: collapse; width: 100%; table-layout: auto }
th, td { text-align: left; vertical-align: top; padding: .18em .5em;
  border-bottom: 1px solid #ddd; overflow-wrap: anywhere; unicode-bidi: isolate }
thead { display: table-header-group }
thead th { border-bottom: 2px solid #2f6f4f }
tr { break-inside: avoid }
.cover th { width: 32%; font-weight: normal; color: #5c5c5c }
.answers th { width: 45%; font-weight: normal }
.n { text-align: right; font-variant-numeric: tabular-nums }
.m::before { content: "▒ "; color: #8a5a00 }
.proof { background: #f3f1e7; border-left: 4px solid #8a5a00; padding: .5em .8em }
section { border-top: 1px solid #2f6f4f; padding: .5em 0 .7em }
.id, .file { margin: 0 0 .3em; font-size: 88%; color: #5c5c5c; overflow-wrap: anywhere }
code { font-size: 80%; overflow-wrap: anywhere }
blockquote { margin: .3em 0; padding: .3em .8em; border-left: 3px solid #bbb;
  white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate }
ul { columns: 2; margin: .3em 0 .8em; padding-left: 1.2em }
a { color: inherit }
@media print { body { margin: 0; max-width: none; padding: 0 }
  a { text-decoration: none } }
"""
