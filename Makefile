# All that a newcomer, a developer and CI run. Each target makes the environment that it needs.
PYTHON ?= python3
PHOTO ?=
PHOTOS ?=
DATA ?= ../shared/data
FACE_FREE ?=
PREPARED ?= data/portraits
SOAK_SECONDS ?= 1800

# The serving environment has no torch; the development environment has everything.
SERVING := .venv/serving
DEV := .venv/dev
TRITON := .venv/triton
OPS := .venv/ops
PROMETHEUS := .venv/prometheus
BIN := $(DEV)/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

PROTOC = $(BIN)/python -m grpc_tools.protoc --proto_path=proto --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc \
	--python_out=$(1) --pyi_out=$(1) --grpc_python_out=$(1) --mypy_grpc_out=quiet:$(1) proto/phiz/v1/*.proto

TRANSLATORS := $(addprefix translator-,autoencode thresholds contours canny sketch inpaint outpaint)

.PHONY: help demo serve triton test test-training test-others ops-test image-test soak dashboards check format fuzz proto rules weights bench bench-align bench-colorize bench-inversion bench-models bench-refusal bench-serve bench-training bench-translate bench-upscale clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(SERVING)/installed ## Start a server, call it, write out/demo (PHOTO=me.jpg uses your own photograph)
	$(SERVING)/bin/phiz demo --out out/demo $(if $(PHOTO),--photo "$(PHOTO)")

serve: $(SERVING)/installed ## Serve on 127.0.0.1 until Ctrl-C
	$(SERVING)/bin/phiz serve

triton: $(TRITON)/installed ## Serve the models by a Triton server on 127.0.0.1:8001 until Ctrl-C
	$(TRITON)/bin/python deploy/triton/serve.py --model-control-mode=poll

test: $(DEV)/installed ## Run all tests but ops-test's; what cannot be installed is skipped, but not in CI
	@$(MAKE) $(TRITON)/installed || echo "Triton cannot be installed here"
	@$(MAKE) $(OPS)/installed || echo "The tools of operations cannot be installed here"
	@$(MAKE) $(PROMETHEUS)/installed || echo "Prometheus cannot be installed here"
	@$(MAKE) --jobs=2 --output-sync=target test-training test-others

test-training: # Beside the others: together they would take too long
	$(BIN)/python -m pytest tests/training tests/benchmarks

test-others:
	$(BIN)/python -m pytest --ignore=tests/training --ignore=tests/benchmarks

ops-test: $(DEV)/installed $(OPS)/installed $(PROMETHEUS)/installed ## Run the long tests of what is in deploy/ (minutes; some need root)
	$(BIN)/python -m pytest -m ops tests/deploy tests/monitoring tests/images tests/balancer

image-test: $(DEV)/installed $(OPS)/installed ## Build the images without Docker and try containers of them (minutes; needs root)
	$(BIN)/python -m pytest -m "ops or not ops" tests/images

dashboards: $(DEV)/installed ## Generate Grafana's dashboards from deploy/monitoring/dashboards
	$(BIN)/python -m deploy.monitoring.dashboards

soak: $(DEV)/installed $(TRITON)/installed ## Serve for SOAK_SECONDS (1800) while one thing after the other goes wrong
	SOAK_SECONDS=$(SOAK_SECONDS) $(BIN)/python -m pytest -m ops --capture=no tests/soak tests/system/test_many_requests.py

fuzz: $(DEV)/installed ## Try 20,000 damaged pictures on the decoder, and thousands of odd requests on a server
	FUZZ_FILES=20000 FUZZ_REQUESTS=500 $(BIN)/python -m pytest tests/serving/test_fuzz_decoder.py tests/system/test_odd_requests.py

check: $(DEV)/installed ## Lint, types, import rules, contract; dependencies that clash, secrets
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy proto/phiz proto/phiz_core serving training benchmarks deploy/monitoring tests
	$(BIN)/lint-imports
	$(BIN)/python -m pip check
	git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --no-verify --disable-plugin KeywordDetector
	$(BIN)/buf lint proto
	$(BIN)/buf format proto --diff --exit-code
	rm -rf build/proto && mkdir -p build/proto && $(call PROTOC,build/proto)
	@for file in $$(cd build/proto && find . -name '*_pb2*'); do \
		cmp -s "build/proto/$$file" "proto/$$file" || { echo "proto/$$file is not what the contract says; run make proto"; exit 1; }; done

format: $(DEV)/installed ## Format code and contract
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/buf format proto --write

proto: $(DEV)/installed ## Generate the stubs from the contract
	$(call PROTOC,proto)

rules: $(DEV)/installed ## Write the Prometheus rules for Kubernetes from those of deploy/monitoring
	$(BIN)/python deploy/kubernetes/components/monitoring/make_rule.py

weights: $(DEV)/installed ## Train, evaluate, export and publish all models from PHOTOS (hours on 2 cores)
	@test -n "$(PHOTOS)" || { echo "name the table of photographs: make weights PHOTOS=portraits.csv"; exit 2; }
	test -d data/portraits || $(BIN)/python -m training prepare --photos "$(PHOTOS)" --out data/portraits
	$(BIN)/python -m training train phiz-64 --data data/portraits --out runs/generator
	$(BIN)/python -m training train phiz-128 --data data/portraits --out runs/generator-128 --start runs/generator
	$(BIN)/python -m training train encoder --data data/portraits --out runs/encoder --generator runs/generator
	$(BIN)/python -m training train colorizer --data data/portraits --out runs/colorizer
	$(BIN)/python -m training train face-detector --data data/portraits --out runs/face-detector
	$(BIN)/python -m training train face-landmarks --data data/portraits --out runs/face-landmarks \
		--detector runs/face-detector
	$(BIN)/python -m training train upscaler-x2 --data data/portraits --out runs/upscaler-x2
	$(BIN)/python -m training train upscaler-x4 --data data/portraits --out runs/upscaler-x4 --start runs/upscaler-x2
	$(BIN)/python -m training train translator --data data/portraits --out runs/translator
	@for kind in $(TRANSLATORS); do \
		$(BIN)/python -m training train $$kind --data data/portraits --out runs/$$kind --start runs/translator || exit 1; done
	@for kind in generator encoder colorizer face-detector face-landmarks upscaler-x2 upscaler-x4 $(TRANSLATORS); do for step in evaluate export publish; do \
		case $$step in evaluate) set -- evaluate $$kind --run runs/$$kind --data data/portraits --generator runs/generator;; \
			export) set -- export $$kind --run runs/$$kind --generator runs/generator;; \
			publish) set -- publish --run runs/$$kind;; esac; \
		echo "python -m training $$*"; $(BIN)/python -m training "$$@" || exit 1; done; done
	@for step in "evaluate generator --data data/portraits" "export generator" publish; do \
		echo "python -m training $$step --run runs/generator-128"; \
		$(BIN)/python -m training $$step --run runs/generator-128 || exit 1; done
	$(BIN)/python -m training directions --run runs/generator --out runs/directions
	$(BIN)/python -m training publish --run runs/directions

bench: bench-align bench-colorize bench-inversion bench-models bench-refusal bench-serve bench-training bench-translate bench-upscale ## Run all benchmarks

bench-align: $(DEV)/installed ## Measure faces found and eyes placed, beside other detectors (DATA=folder, FACE_FREE=folder)
	$(BIN)/python -m benchmarks align --data "$(DATA)" $(if $(FACE_FREE),--face-free "$(FACE_FREE)") --out out/bench

bench-colorize: $(DEV)/installed ## Measure the cost of coloured photographs, and faces coloured again (DATA=folder)
	$(BIN)/python -m benchmarks colorize --data "$(DATA)"

bench-models: $(DEV)/installed ## Measure milliseconds of each model on one core
	$(BIN)/python -m benchmarks models

bench-inversion: $(DEV)/installed ## Measure inversion beside the published algorithm (PREPARED=packed data set)
	$(BIN)/python -m benchmarks inversion --data "$(PREPARED)" --out out/bench

bench-refusal: $(DEV)/installed ## Measure what it costs to refuse pictures that are far too large
	$(BIN)/python -m benchmarks refusal

bench-serve: $(DEV)/installed $(OPS)/installed $(TRITON)/installed ## Measure what the service costs beside the bare runtime, under load (Linux, 2 cores)
	$(BIN)/python -m benchmarks serve --out out/bench

bench-training: $(DEV)/installed ## Measure what the training engine costs beside the bare step
	$(BIN)/python -m benchmarks.training_engine

bench-translate: $(DEV)/installed ## Measure translators beside what needs no model (PREPARED=packed data set)
	$(BIN)/python -m benchmarks translate --data "$(PREPARED)" $(if $(PIX2PIX_SECONDS),--pix2pix-seconds $(PIX2PIX_SECONDS)) --out out/bench

bench-upscale: $(DEV)/installed ## Measure enlarged portraits beside what they were, and how long that takes (DATA=folder)
	$(BIN)/python -m benchmarks upscale --data "$(DATA)"

clean: ## Remove environments, outputs and caches
	rm -rf .venv out build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache phiz.egg-info

$(SERVING)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(SERVING)
	$(SERVING)/bin/python $(PIP_INSTALL) --editable '.[cpu,serving,demo]'
	touch $@

$(DEV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DEV)
	$(BIN)/python $(PIP_INSTALL) --editable '.[cpu,serving,c2pa,tracing,training,dev]'
	touch $@

# Triton's python backend wants another numpy than ours. No dependencies: the file names all, and only, what is needed.
$(TRITON)/installed: deploy/triton/requirements.txt
	$(PYTHON) -m venv $(TRITON)
	$(TRITON)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	touch $@

# Tools that are only called, never imported: what they want is none of the development environment's concern.
$(OPS)/installed: deploy/requirements.txt
	$(PYTHON) -m venv $(OPS)
	$(OPS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	touch $@

PROMETHEUS_PACKAGES := prometheus prometheus-alertmanager prometheus-node-exporter

# Debian's packages, taken apart and not installed: nothing runs by itself, and nothing of the system changes.
$(PROMETHEUS)/installed:
	mkdir -p $(PROMETHEUS)/packages
	cd $(PROMETHEUS)/packages && { apt-get download $(PROMETHEUS_PACKAGES) || { apt-get update && apt-get download $(PROMETHEUS_PACKAGES); }; }
	for package in $(PROMETHEUS)/packages/*.deb; do dpkg-deb --extract $$package $(PROMETHEUS) || exit 1; done
	rm -r $(PROMETHEUS)/packages
	touch $@
