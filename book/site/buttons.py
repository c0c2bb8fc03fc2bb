"""Buttons that lead to Binder, to Colab and to the editor of the code host, where the repository's address is known.

A publishing workflow tells it through the environment variables BOOK_REPOSITORY and BOOK_BRANCH; without them no button
leads anywhere else.
"""

import os

from book.site.colab import known_repository
from book.site.settings import READ_OTHER_FILES


def know_repository(app, config):
    """Offer Binder, Colab and editing where the repository's address is known."""
    repository = known_repository()
    if not repository:
        return
    config.html_theme_options = dict(config.html_theme_options) | {
        "repository_url": repository, "repository_branch": os.environ.get("BOOK_BRANCH", "main"),
        "use_repository_button": True, "use_edit_page_button": True,
        "launch_buttons": {"binderhub_url": "https://mybinder.org", "notebook_interface": "jupyterlab"}}
    config.html_context["colab"] = repository


def add_colab_button(app, pagename, templatename, context, doctree):
    """A button for the copy of the page's notebook that installs the package by itself, on the branch `colab`."""
    owner_and_name = context.get("colab", "").partition("://")[2].partition("/")[2]
    file = pagename + str(context.get("page_source_suffix"))
    offered = file.endswith(".ipynb") and file not in READ_OTHER_FILES
    if owner_and_name and offered and "header_buttons" in context:
        context["header_buttons"].append({
            "type": "link", "text": "Colab", "tooltip": "Run in Colab", "icon": "fa-solid fa-play", "label": "colab",
            "url": f"https://colab.research.google.com/github/{owner_and_name}/blob/colab/{pagename}.ipynb"})


def connect(app):
    app.connect("config-inited", know_repository)
    app.connect("html-page-context", add_colab_button, priority=800)
