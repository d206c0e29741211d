# The project's commands. Each does its own set-up: tools/bootstrap.sh installs what is missing and is silent when nothing is.
# PRESET chooses the build (release, dev, asan, tsan, cuda); JOBS the parallel compilations.

PRESET ?= release
JOBS ?= $(shell nproc)
BUILD := build/$(PRESET)
PROGRAM := $(BUILD)/tickgraph
RUN_DIR := build/run
SESSION := $(RUN_DIR)/session.pcap

# Benchmarks of one thread whose instructions are the same at every run.
RATCHET := ^(arbiter/|arbitrage/parity_box$$|book/l3/one$$|decode/|encode/|engine/option_quote$$|feed/|options/(implied|price)|risk/|tape/|walk/)

.DEFAULT_GOAL := build
.PHONY: help bootstrap configure build programs run test bench bench-compare bench-latency bench-ratchet lint asan tsan fuzz soak clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

bootstrap:
	@tools/bootstrap.sh

configure: bootstrap
	@tools/configure.sh $(PRESET)

build: configure  ## programs, tests and benchmarks; the program is build/release/tickgraph
	@cmake --build $(BUILD) -j $(JOBS)

programs: configure  ## the programs alone
	@cmake --build $(BUILD) -j $(JOBS) --target programs

run: programs  ## generate a session of a million messages and replay it through the whole hot path
	@mkdir -p $(RUN_DIR)
	@$(PROGRAM) generate --out $(SESSION) --seed 1 --messages 1000000 --force
	@$(PROGRAM) replay $(SESSION) --out $(RUN_DIR)/archive --force

test: build  ## every test; says what it skipped and why
	@tools/run_tests.sh $(BUILD)

bench: build  ## the benchmarks; FILTER=regex chooses
	@$(PROGRAM) bench $(if $(FILTER),--filter '$(FILTER)')

bench-compare: build  ## the working tree against BASE, a commit: a verdict a benchmark; FILTER=regex chooses
	@$(PROGRAM) bench compare $(or $(BASE),main) $(if $(FILTER),--filter '$(FILTER)')

bench-latency: build  ## every stage of the hot path in open loop, a sweep of rates, and the page build/latency.html
	@$(PROGRAM) bench latency --out $(BUILD)/latency.json --force
	@$(PROGRAM) report $(BUILD)/latency.json --out build/latency.html --force

bench-ratchet: build  ## count instructions anew and write perf/instructions.json, where a rise is meant
	@$(PROGRAM) bench --instructions --filter '$(RATCHET)' --write perf/instructions.json --force

lint:  ## formatting, clang-tidy, who includes whom, what the hot path may not say
	@tools/bootstrap.sh --lint
	@tools/configure.sh $(PRESET)
	@tools/lint.sh $(BUILD)

asan:  ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@LSAN_OPTIONS="suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0" $(MAKE) --no-print-directory test PRESET=asan

tsan:  ## the tests that use threads under ThreadSanitizer
	@$(MAKE) --no-print-directory build PRESET=tsan
	@TSAN_OPTIONS="suppressions=$(CURDIR)/tests/tsan.supp" ARROW_DEFAULT_MEMORY_POOL=system \
		tools/run_tests.sh build/tsan --label-regex 'hot|cold|replay'
	@TSAN_OPTIONS="suppressions=$(CURDIR)/tests/tsan.supp" tools/run_tests.sh build/tsan --tests-regex '^(Mailbox|PersistentEngine|LaunchEmulator)Test'

fuzz:  ## every decoder under libFuzzer, RUNS executions (10,000,000) each
	@tools/bootstrap.sh --fuzz
	@tools/fuzz.sh $(RUNS)

soak: build  ## the property, stress, kill and soak tests at full length (hours)
	@TICKGRAPH_SOAK=1 tools/run_tests.sh $(BUILD) --tests-regex 'Property|Stress|Kill|Soak'

clean:  ## remove what was built; .venv and .cuda stay
	@rm -rf build
