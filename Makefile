# The two commands: make serve, make test. `make` alone lists the others.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# node_modules is whole when npm has written this file
NODE_MODULES := node_modules/.package-lock.json

# Recipes (models/recipes/) of the networks that come with the page
SHIPPED_MODELS := best small tutorial fashion feedforward rnn-tanh rnn-linear lstm lstm-peephole gru

# `make test TESTS=tests/oracle.test.js` runs only that file
TESTS := $(sort $(wildcard tests/*.test.js tests/*/*.test.js))

C_FILES := $(wildcard src/*.[ch] src/*/*.[ch] tests/native/*.[ch])
SIMD_SOURCES := $(wildcard src/kernels/*_simd.c)
NATIVE_SOURCES := $(filter-out %_simd.c,$(wildcard src/*.c src/cells/*.c src/kernels/*.c))
NATIVE_TESTS := $(wildcard tests/native/*.c)
NATIVE_FLAGS := -std=c11 -g -O1 -Wall -Wextra -Werror -ffp-contract=off -Isrc -pthread -DLSTM_THREADS \
	-fsanitize=address,undefined -fno-sanitize-recover=all

# The formatter's version decides what is well formatted: Debian 12 and 13 both have 19.
CLANG_FORMAT := $(or $(shell command -v clang-format-19),clang-format)
CLANG_TIDY := $(or $(shell command -v clang-tidy-19),clang-tidy)

.PHONY: help
help: ## list the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

.PHONY: serve
serve: data build ## get what is missing, build, and serve the page on localhost
	@exec node web/serve.js

.PHONY: build
build: $(NODE_MODULES) ## compile the C core to web/build/
	@./build.sh

.PHONY: data
data: $(NODE_MODULES) ## make web/data/, what comes with the page of MNIST and Fashion-MNIST
	@web/get-fashion-mnist.sh
	@node web/make-data.js

.PHONY: models
models: build ## train again the networks that come with the page (takes minutes)
	for recipe in $(SHIPPED_MODELS); do node models/train.js $$recipe || exit 1; done

.PHONY: setup-tests
setup-tests: $(NODE_MODULES) data
	@tests/setup.sh
	@./build.sh --tests

.PHONY: test
test: setup-tests lint ## every lint and test (gets browsers and linters if they are missing)
	@mkdir -p build && rm -f build/test-summary
	@test -n "$(TESTS)" || { echo "make: there are no tests/*.test.js" >&2; exit 1; }
	@node --test --test-concurrency=1 \
		--test-reporter=spec --test-reporter-destination=stdout \
		--test-reporter=./tests/static/summary.js --test-reporter-destination=build/test-summary \
		$(TESTS); status=$$?; cat build/test-summary; exit $$status

.PHONY: setup-bench
setup-bench: $(NODE_MODULES)
	@./build.sh --tests

.PHONY: bench
bench: setup-bench ## ours against TensorFlow.js and onnxruntime in Node: build/bench.json (6 minutes)
	@node tests/bench/bench.js

.PHONY: bench-browser
bench-browser: setup-bench data ## ours in Chromium and Firefox: build/bench-browser.json (2 minutes)
	@node tests/bench/browser.js

.PHONY: bench-native
bench-native: setup-bench ## ours against PyTorch, where a Python with torch is: build/bench-native.json
	@node tests/bench/native.js

.PHONY: bench-drawings
bench-drawings: build data ## DRAWINGS=file.jsonl drawn on the page in Chromium: build/bench-drawings.json
	@node tests/bench/draw-in-page.js $(if $(DRAWINGS),"$(DRAWINGS)") $(OPTIONS)

.PHONY: native-tests
native-tests: build/native/tests ## build the C core and tests/native/ with sanitizers

build/native/tests: $(C_FILES) Makefile
	@test -n "$(NATIVE_TESTS)" || { echo "make: there are no tests/native/*.c" >&2; exit 1; }
	@mkdir -p $(@D)
	$(CC) $(NATIVE_FLAGS) -o $@ $(NATIVE_SOURCES) $(NATIVE_TESTS) -lm

.PHONY: lint
lint: lint-c lint-js lint-sh ## formatting, static analysis, types

.PHONY: lint-c
lint-c:
	@echo "lint: clang-format, clang-tidy"
	@$(CLANG_FORMAT) --dry-run -Werror $(C_FILES)
	@$(CLANG_TIDY) --quiet $(NATIVE_SOURCES) $(NATIVE_TESTS) -- -std=c11 -Isrc -DLSTM_THREADS 2>&1 | $(WITHOUT_PROGRESS)
	@$(CLANG_TIDY) --quiet $(SIMD_SOURCES) -- -std=c11 -Isrc -msimd128 \
		$$("$$(./build.sh --print-emcc)" --cflags) 2>&1 | $(WITHOUT_PROGRESS)

# clang-tidy's findings without its progress; fails when there are any
WITHOUT_PROGRESS := awk '!/^\[[0-9\/]+\] Processing|warnings? generated\.$$|^Suppressed|^$$/ { print; found = 1 } \
	END { exit found }'

.PHONY: lint-js
lint-js: build
	@echo "lint: eslint, prettier, tsc"
	@node_modules/.bin/eslint --max-warnings 0 .
	@node_modules/.bin/prettier --log-level warn --check .
	@node_modules/.bin/tsc

.PHONY: lint-sh
lint-sh:
	@echo "lint: shellcheck"
	@shellcheck build.sh web/get-fashion-mnist.sh tests/setup.sh .ci/run

.PHONY: format
format: $(NODE_MODULES) ## format C and JavaScript
	$(CLANG_FORMAT) -i $(C_FILES)
	node_modules/.bin/prettier --log-level warn --write .

# No package here needs its install scripts, and some would download more.
$(NODE_MODULES): package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' || \
		{ echo "make: Node 20 or later is needed (nodejs.org, or your system's packages)" >&2; exit 1; }
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: clean
clean: ## remove what was built
	rm -rf build web/build

.PHONY: distclean
distclean: clean ## also remove node_modules/, the data and the cached compiler
	rm -rf node_modules web/data/*.gz web/data/*.unfinished
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/lstm-wasm"
