"""nbgrader's marking pages on a server of their own: no kernel, no terminal, no editor, no script but nbgrader's."""

import base64
import hashlib
import re
import secrets

from jinja2 import DictLoader, Environment, FileSystemLoader
from jinja2.ext import Extension
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from nbgrader.server_extensions.formgrader import handlers
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from tornado.web import RedirectHandler

from grading.pages import Page

NONCE = secrets.token_urlsafe(16)
"""Marks a script as one of the templates'. New at each start of the server, so that no submission can hold it."""

CLICKS = ("toggle_name(true);", "toggle_name(false);", "toggleAllNames()")
"""What nbgrader's templates write into attributes, and may run from there."""

MATHJAX = """{% macro mathjax(url="") %}
<script>var MathJax = {Hub: {Startup: {signal: {Interest: done => setTimeout(done, 0, "End")}}}};</script>
{% endmacro %}"""
"""In the place of nbconvert's: formulas are MathML already, but nbgrader's script waits to hear so."""


def policy():
    """The content security policy of every answer of the server."""
    clicks = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(click.encode()).digest()).decode()}'"
                      for click in CLICKS)
    return (f"default-src 'none'; script-src 'nonce-{NONCE}' 'unsafe-hashes' {clicks}; connect-src 'self'; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; base-uri 'none'; "
            "form-action 'self'; frame-ancestors 'none'")


class Templates(Extension):
    """Marks the scripts that stand in a template, before anything is put into it."""

    def preprocess(self, source, name, filename=None):
        source = re.sub(r'"\{\{ ([\w.]+) \}\}"(?=;)', r"{{ \1 | tojson }}", source)  # values inside those scripts
        source = re.sub(r'title="Open live notebook"\s+data-link="[^"]*"', "", source)  # which nothing here can run
        return re.sub(r"<script\b", f'<script nonce="{NONCE}"', source)


class MarkingPage(Page):
    """The page of one submission, with fields for marks and comments."""

    def _create_environment(self):
        self.extra_loaders = [DictLoader({"mathjax.html.j2": MATHJAX})]
        environment = super()._create_environment()
        environment.add_extension(Templates)
        return environment


class Formgrader(FormgradeExtension):
    """nbgrader's extension, with the pages above."""

    def init_tornado_settings(self, webapp):
        super().init_tornado_settings(webapp)
        webapp.settings.update(
            nbgrader_exporter=MarkingPage(config=self.config),
            nbgrader_jinja2_env=Environment(loader=FileSystemLoader([handlers.template_path]), autoescape=True,
                                            extensions=[Templates]))

    def init_handlers(self, webapp):
        start = url_path_join(webapp.settings["base_url"], "formgrader")
        # nbgrader's own handler of this address runs the configuration of any folder that a link names
        webapp.add_handlers(".*$", [(f"{start}/?", RedirectHandler, {"url": f"{start}/manage_assignments"})])
        super().init_handlers(webapp)


class MarkingServer(ServerApp):
    """A Jupyter server that offers the marking pages and nothing else."""

    name = "marking"
    default_services = ("auth", "security")

    def find_server_extensions(self):
        """None but the one below."""

    def init_webapp(self):
        headers = {"Content-Security-Policy": policy(), "Referrer-Policy": "no-referrer"}
        self.tornado_settings = {**self.tornado_settings, "headers": headers}
        self.identity_provider.cookie_options = {"path": self.base_url, "samesite": "Strict"}
        super().init_webapp()
        self.web_app.add_handlers(".*$", [(url_path_join(self.base_url, "files/.*"), handlers.Template404)])

    def load_server_extensions(self):
        formgrader = Formgrader(parent=self)
        formgrader.root_dir, formgrader.log = self.root_dir, self.log
        formgrader.initialize([])
        formgrader.init_tornado_settings(self.web_app)
        formgrader.init_handlers(self.web_app)


def serve(root, ip, port, browser):
    """Serve the marking pages of a course folder, which is also the current one, until interrupted."""
    MarkingServer.launch_instance([], root_dir=str(root), ip=ip, port=port, default_url="/formgrader", allow_root=True,
                                  open_browser=browser)
