"""Pages load nothing from any other host, run no script but their own, and say so in a policy that browsers enforce."""

import base64
import hashlib
import re

SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)
ICON_SCRIPT = re.compile(r"<(?:script|link)[^>]*fontawesome\.js[^>]*>(?:</script>)?")
THEBE = re.compile(r'<script type="text/x-thebe-config">.*?</script>\s*<script>\s*kernelName = [^<]*</script>',
                   re.DOTALL)
POLICY = ("default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
          "font-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'self'")


def remove_thebe(app, pagename, templatename, context, doctree):
    """Drop the scripts of sphinx-thebe, which jupyter-book always loads and which point to another host."""
    context["script_files"] = [script for script in context["script_files"]
                               if "thebe" not in str(getattr(script, "filename", script) or "")
                               and "thebe" not in str(getattr(script, "attributes", {}).get("body", ""))]
    context["css_files"] = [sheet for sheet in context["css_files"]
                            if "thebe" not in str(getattr(sheet, "filename", sheet) or "")]


def sealed(text):
    """A written page without the scripts that it does not need or may not have, and with its policy."""
    text = THEBE.sub("", text)
    text = ICON_SCRIPT.sub("", text)  # 1.5 MB that draw the icons which the web font has drawn already
    text = text.replace(' onclick="window.print()"', ' data-print="true"')
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    inline = {body["body"] for body in SCRIPT.finditer(text)
              if "src=" not in body["attributes"] and "application/json" not in body["attributes"] and body["body"]}
    hashes = sorted(base64.b64encode(hashlib.sha256(body.encode()).digest()).decode() for body in inline)
    policy = POLICY.format(hashes=" ".join(f"'sha256-{digest}'" for digest in hashes))
    return text.replace("<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">', 1)


def connect(app):
    app.connect("html-page-context", remove_thebe, priority=900)
