"""How the chapters become a book: one concept a module.

settings        folders, exceptions, limits, and the environment of kernels, for all modules below
chapters        the notebooks of the book, and the form in which they are stored
fingerprints    what a notebook's results depend on beside its own code
cache           executed notebooks, kept for the pages
plain           chapters in plain Markdown, for places that know no more

Commands, each `python -m book.site.NAME`:
build           execute what changed, write the HTML book      serve    read it on this machine
store           execute chapters in place, store them clean    pdf      the whole book through LaTeX
colab           copies that install the package by themselves
lab             JupyterLab on the chapters               versions prove it with the oldest or newest packages

For pytest:
nbval_plugin    execute every notebook, compare each cell with what is stored

For Sphinx (`extension` loads the rest):
authors         who wrote the book                             contents topics, numbers and needs of chapters
cards           lists as cards with pictures                   maps     what needs what, drawn
copies          the PDF, the archive, the source               finding  words by which search finds a page
loading         what a page loads, and in which order          addresses  of pages: the first, canonical, none
outputs         what outputs tell beside what they show        folds    claims in one line, summaries of folded code
figures         description, caption and number of a figure    terms    links to the glossary
buttons         Binder, Colab and editing                      sharing  summaries and the card of a shared address
markup          mends for assistive technology                 privacy  nothing is loaded from any other host
latex           how the book is typeset                 citations  links that read as text become citations
reference       pages about the package, from docstrings
"""
