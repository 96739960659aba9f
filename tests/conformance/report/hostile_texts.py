"""What a deployment might say in order to steer a terminal, a browser, a parser or a summary."""

from __future__ import annotations

from typing import Final

HOSTILE: Final = {
    "a terminal's colours": "\x1b[31mred\x1b[0m",
    "a terminal's title": "\x1b]0;owned\x07",
    "a cleared screen": "\x1b[2J\x1b[H",
    "an eight-bit control": "\x9b31m\x85\x9d",
    "carriage returns": "good\rbad\r\nworse\x08\x7f",
    "null characters": "a\x00b\x0b\x0c",
    "text that runs backwards": "\u202egnp.exe\u2066\u200b\ufeff",
    "line separators": "a\u2028b\u2029c",
    "no character": "\ufffe\uffff",
    "half a pair": "\ud800",
    "a script": "<script>alert(1)</script>",
    "an attribute's end": "\"'><img src=x onerror=alert(1)>",
    "an entity": "&lt;b&gt; &#x1b; &amp;",
    "the end of CDATA": "]]> <![CDATA[ <!-- --> <?xml?> <!DOCTYPE a>",
    "the end of a page": "</pre></code></details></summary></style><!--",
    "three backticks": "```\n# Heading\n```",
    "many backticks": "`` ` ``` ```` a ````` b",
    "tildes": "~~~\n~~~ text",
    "a heading": "# Heading\n## Heading",
    "an underlined heading": "Heading\n=======\nother\n---",
    "an image": "![x](https://evil.test/x.png)",
    "a link": "[click](https://evil.test) <https://evil.test>",
    "a bare link": "see https://evil.test/a_b?c=d, www.evil.test or eve@evil.test",
    "a named link": "[a]: https://evil.test\n[a]",
    "a list": "- a\n* b\n+ c",
    "a numbered list": "1. one\n2) two",
    "a quotation": "> said",
    "a table": "| a | b |\n|---|---|\n| 1 | 2 |",
    "a rule": "---\n***\n___",
    "emphasis": "**bold** _it_ ~~no~~ \\",
    "a template's": "{{ 7*7 }} {% raw %} ${{ github.token }}",
    "rich's markup": "[bold red]x[/bold red] [/] [link=https://evil.test]x[/link]",
    "a workflow's command": "::error::x\n::set-output name=a::b\n::add-mask::x",
}
