# `make help` lists the targets. Everything here works on a Debian machine that has a Swift toolchain and nothing else.

PREFIX ?= /usr/local
DESTDIR ?=
# Further arguments of every debug build and test run.
SWIFT_FLAGS ?=
# An Online Retail file for `make demo` and `make compare`; without one they generate their data.
DATA ?=
# How many orders `make compare` generates, and further arguments of `atelier compare`.
ORDERS ?= 10000
COMPARE ?=
# Where `make demo` keeps its store.
DEMO_STORE ?= .build/demo.store

# Chart.js, which reports take into themselves: of Debian's libjs-chart.js.
CHART_LIBRARY ?= /usr/share/javascript/chart.js/chart.min.js

VENV := .build/venv
RELEASE := swift build -c release --static-swift-stdlib --product atelier

.PHONY: help demo compare test check format lint build install bench clean dependencies

help:  ## Show this list
	@echo "make demo             build, fill a store, answer the questions of the KPI suite, and write the report"
	@echo "make demo DATA=FILE   the same on an Online Retail file (.csv or .csv.gz)"
	@echo "make compare          ask the same of documents, SQLite, PostgreSQL and MariaDB; ORDERS=N or DATA=FILE"
	@echo "make test             run every test (of one suite: swift test --filter NAME)"
	@echo "make check            format, lint, build with warnings as errors, and test: what a change must pass"
	@echo "make build            one release binary, .build/release/atelier"
	@echo "make install          copy the binary and what it reads below PREFIX ($(PREFIX))"
	@echo "make bench            run the benchmarks"
	@echo "make clean            delete what was built"

dependencies:
	@Scripts/install-dependencies

demo: build
	@Scripts/demo .build/release/atelier "$(DEMO_STORE)" "$(DATA)"

# Installs the servers, starts them in a temporary directory, and stops them.
compare: build
	@Scripts/install-dependencies --sql
	@Scripts/with-sql-servers Scripts/compare .build/release/atelier "$(ORDERS)" "$(DATA)" $(COMPARE)

test: dependencies $(VENV)/ready
	@echo "==> swift test"
	ATELIER_SQL_RELAXED=1 Scripts/with-sql-servers swift test $(SWIFT_FLAGS)
	@echo "==> Tests/Clients: MongoDB's Python driver against atelier serve; the report in a browser"
	ATELIER="$$(swift build $(SWIFT_FLAGS) --show-bin-path)/atelier" $(VENV)/bin/python -m pytest -q Tests/Clients

# The Python side of the tests: MongoDB's driver, pytest and the like, in a place of their own.
$(VENV)/ready: Scripts/install-dependencies Tests/Clients/requirements.txt
	@Scripts/install-dependencies --tests
	@echo "==> Python packages of the tests, in $(VENV)"
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r Tests/Clients/requirements.txt
	@touch $@

check: format lint
	@echo "==> Build with warnings as errors, and test"
	$(MAKE) test SWIFT_FLAGS="--scratch-path .build/check -Xswiftc -warnings-as-errors"

format:
	@echo "==> swift format"
	swift format --in-place --parallel --recursive Package.swift Sources Tests

lint:
	@echo "==> swift format lint"
	swift format lint --strict --parallel --recursive Package.swift Sources Tests

build: dependencies
	@echo "==> Release build"
	$(RELEASE)
	@echo "==> Built .build/release/atelier"

install: build
	@echo "==> Installing below $(DESTDIR)$(PREFIX)"
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/atelier"
	install -m 755 .build/release/atelier "$(DESTDIR)$(PREFIX)/bin/atelier"
	rm -rf "$(DESTDIR)$(PREFIX)/share/atelier/collections" "$(DESTDIR)$(PREFIX)/share/atelier/aggregations"
	cp -R collections aggregations "$(DESTDIR)$(PREFIX)/share/atelier/"
	install -d "$(DESTDIR)$(PREFIX)/share/atelier/javascript"
	install -m 644 "$(CHART_LIBRARY)" "$(DESTDIR)$(PREFIX)/share/atelier/javascript/"

bench: dependencies
	@echo "==> Benchmarks"
	cd Benchmarks && swift run -c release

clean:
	@echo "==> Deleting .build"
	rm -rf .build
