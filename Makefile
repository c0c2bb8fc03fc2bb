# The book's commands. Each makes the environment in .venv first, if it is missing or out of date.
#
#   make book     execute every chapter and build the HTML book, warnings as errors
#   make live     the book with Python beside it: pages that run in the reader's browser, in _build/live
#                 (SOURCE=an official release of Pyodide, a folder, an archive or its address, in place of the package index)
#   make read     serve the built book on this machine (PORT=8000, SITE=_build/live for the live one)
#   make zip      the built book as one archive, _build/book.zip
#   make pdf      the whole book as one PDF through LaTeX, _build/book.pdf
#   make lab      open the chapters in JupyterLab
#   make test     everything that proves the book: every notebook, the package, grading, pages in a real browser
#   make live-test  the live book in a real browser, every chapter run to its end; not yet a part of make test
#   make nbval    execute every notebook and compare each cell with what is stored (CHAPTER=book/errata.ipynb: only one)
#   make bench    speed, side by side with PyTorch; refreshes the page that shows it
#   make bench-check  what became slower between two revisions (BASE=HEAD, HEAD=the working tree)
#   make chapters execute chapters and problem sets in place and store them clean (CHAPTER=..: only one)
#   make processors  nbval with the linear algebra of other processors (KERNELS="Haswell Sandybridge", CHAPTER=..)
#   make oldest   every notebook and the package with the oldest packages that pyproject.toml allows; a row in README.md
#   make newest   the same with the newest (PYTHON=python3.13: with another Python than that of .venv)
#   make lock     regenerate requirements.txt and tests/requirements.txt from the ranges in pyproject.toml
#   make clean    remove what was built

SHELL := /bin/bash
PORT ?= 8000
SITE ?= _build/html
SOURCE ?=
JOBS ?= 2
BIN := .venv/bin
READY := .venv/.ready
TESTS := .venv/.tests
PARALLEL = $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder
STAGE = TIMEFORMAT="This stage took %lR."; time
BASE ?= HEAD
KERNELS ?= Haswell Sandybridge

.PHONY: book live live-test zip pdf read lab test nbval bench bench-check chapters processors oldest newest lock clean lint

book: $(READY)
	@$(BIN)/python -m book.site.build --jobs $(JOBS)

live: book
	@$(MAKE) --no-print-directory -C coursework env
	@$(BIN)/python -m book.live.build $(if $(SOURCE),--source "$(SOURCE)")

zip: book
	@cd _build && rm -f book.zip && ../$(BIN)/python -m zipfile -c book.zip html && \
	echo "The book is in _build/book.zip; unpack it and open html/index.html in a browser."

pdf: $(READY)
	@$(BIN)/python -m book.site.pdf

read: $(READY)
	@$(BIN)/python -m book.site.serve --port $(PORT) --pages $(SITE)

lab: $(READY)
	@$(BIN)/python -m book.site.lab --notebook-dir=book

lint: $(TESTS)
	@$(BIN)/ruff check .

# The first stage executes; the second makes pages of what was executed; the third tests these and everything else.
test: lint
	@$(MAKE) --no-print-directory -C coursework env
	@$(STAGE) $(MAKE) --no-print-directory nbval
	@$(STAGE) $(MAKE) --no-print-directory book
	@# The files that take longest first, so that none waits for another in the end.
	@$(STAGE) $(PARALLEL) tests/test_coursework_class.py tests/test_coursework.py tests/coursework/test_week.py \
	    tests/test_coursework_sandbox.py tests/site/test_pdf.py tests/site/test_marking.py tests/site tests --ignore tests/live

live-test: live $(TESTS)
	@$(PARALLEL) tests/live

nbval: $(TESTS)
	@$(PARALLEL) --nbval $(or $(CHAPTER),book coursework/problem_sets)

processors: $(TESTS)
	@for kernels in $(KERNELS); do \
	    echo "With the kernels for $$kernels:"; OPENBLAS_CORETYPE=$$kernels $(MAKE) --no-print-directory nbval || exit 1; \
	done

bench: benchmarks/.venv/.ready
	@mkdir -p _build
	@for threads in 1 2; do \
	    echo "With $$threads thread(s), some minutes:"; \
	    OMP_NUM_THREADS=$$threads benchmarks/.venv/bin/python -m pytest -q -p no:cacheprovider benchmarks \
	        --benchmark-json=_build/bench-$$threads.json --benchmark-columns=median,iqr,rounds || exit 1; \
	done
	@$(BIN)/python benchmarks/report.py _build/bench-1.json _build/bench-2.json
	@$(BIN)/python -m book.site.store book/speed.ipynb

bench-check: $(TESTS)
	@$(BIN)/python benchmarks/check.py $(BASE) $(HEAD)

benchmarks/.venv/.ready: benchmarks/requirements.txt $(TESTS)
	@echo "Installing PyTorch beside a copy of the book's environment, for comparison only."
	@$(BIN)/python -m venv benchmarks/.venv
	@benchmarks/.venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt -r tests/requirements.txt
	@benchmarks/.venv/bin/pip install --quiet --disable-pip-version-check -c requirements.txt -r benchmarks/requirements.txt
	@benchmarks/.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

chapters: $(READY)
	@$(BIN)/python -m book.site.store --jobs $(JOBS) $(CHAPTER)

# What readers need, and on top of it, in the same versions, what only tests need.
COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --upgrade --quiet --custom-compile-command "make lock"
lock: $(BIN)/uv
	@$(COMPILE) --extra book pyproject.toml -o requirements.txt
	@$(COMPILE) --extra test pyproject.toml tests/requirements.in -c requirements.txt -o tests/requirements.txt
	@echo "requirements.txt and tests/requirements.txt are up to date with pyproject.toml."

oldest newest: $(BIN)/uv
	@$(BIN)/python -m book.site.versions $@ --jobs $(JOBS) $(if $(PYTHON),--python $(PYTHON))

$(BIN)/uv: $(READY)
	@$(BIN)/pip install -q --disable-pip-version-check "$$(sed -n 's/^lock = \["\(.*\)"\]/\1/p' pyproject.toml)"
	@touch $@

clean:
	rm -rf _build

# The environment: the first Python from 3.11 to 3.13 that works, and what the package index gives.
$(READY): requirements.txt pyproject.toml
	@set -e; \
	supported='import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; \
	python=''; \
	for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
	    if "$$candidate" -c "$$supported" >/dev/null 2>&1; then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "This book needs Python 3.11, 3.12 or 3.13 with venv, and none was found. Install one (on Debian also python3-venv),"; \
	    echo "or name it:  make book PYTHON=/where/it/is/python3.12"; exit 1; \
	fi; \
	if ! $(BIN)/python -c "$$supported" >/dev/null 2>&1; then \
	    echo "Making .venv with $$($$python --version)."; rm -rf .venv; "$$python" -m venv .venv; \
	fi; \
	echo "Installing the packages of requirements.txt (about a minute)."; \
	if ! $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt 2>.venv/install.log; then \
	    grep -v WARNING .venv/install.log | tail -n 3; \
	    echo "The packages could not be installed. Is this machine connected to the network? The full report is in .venv/install.log."; \
	    exit 1; \
	fi; \
	if ! $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . 2>.venv/install.log; then \
	    tail -n 3 .venv/install.log; echo "The package lrnn_helpers could not be installed; see .venv/install.log."; exit 1; \
	fi; \
	touch $@

$(TESTS): $(READY) tests/requirements.txt
	@echo "Installing what only tests need, from tests/requirements.txt."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/requirements.txt \
	    2>.venv/install.log || { grep -v WARNING .venv/install.log | tail -n 3; exit 1; }
	@touch $@
