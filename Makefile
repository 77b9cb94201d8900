# Two commands are enough: `make run` (raw texts to a verdict) and `make test` (the project works).
PYTHON ?= python3
# What is given here or to make counts, and no variable of the environment that happens to be called so.
PORT := 4200
WHERE := threads
GPU_SLOTS := 1
RECIPE :=
REPO :=
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export DO_NOT_TRACK := 1
NAMES := FILES TEXT LABEL GROUP
$(foreach name,$(NAMES),$(eval $(name) :=))
# As they were typed, a dollar too, and by the environment, so that the shell takes no parenthesis for its own.
$(foreach name,$(NAMES),$(eval override $(name) := $$(value $(name))))
export $(NAMES)
OPTIONS := PYTHON PORT WHERE GPU_SLOTS RECIPE REPO $(NAMES) SAME_ENVIRONMENT
MISSPELLED := $(filter-out $(OPTIONS),$(foreach name,$(.VARIABLES),$(if $(findstring command,$(origin $(name))),$(name))))
$(if $(MISSPELLED),$(error there is no option $(MISSPELLED); known are $(OPTIONS)))

.PHONY: ready data run study gate privacy push hub export test pictures lint ui bench schema lock

run: ready data/raw # RECIPE=params/distilbert.yaml: the original experiment
	@$(if $(RECIPE),python -m tasks.recipe $(RECIPE))
	@python -m tasks.params
	dvc repro
	@python -m tasks.report.summary
	@python -m tasks.privacy.installed || true

data: ready # your own: FILES="train.csv dev.csv test.csv" (or one file, or a folder) TEXT=column[,column] LABEL=column [GROUP=column]
	@python -m tasks.data $$FILES --text "$$TEXT" --label "$$LABEL" --group "$$GROUP"
	@dvc add --quiet data/raw

study: ready data/raw # how many labels do we need? WHERE=dask, ray, or a cluster's tcp:// or ray:// address
	@python -m tasks.params
	@python -m flows.learning_curve --where $(WHERE)

hub: .venv/installed # the published model with its card on a model hub: make hub REPO=team/name
	@if python -m tasks.privacy.installed; then python -m tasks.privacy; fi
	@python -m tasks.hub $(REPO)

export: .venv/installed # the published model for OpenVINO, in bfloat16 or 8 bits; needs `pip install '.[export]'`
	@python -m tasks.export

gate: .venv/installed # for machines: fails, with its reasons, unless fine-tuning helped and every acceptance gate holds
	@python -m tasks.report.gate

privacy: .venv/installed # what looks private in the texts, counted by split; needs `pip install '.[privacy]'`
	@python -m tasks.privacy

push: privacy # `dvc push`, once nothing looks private, or somebody has looked at it
	dvc push

test: .venv/installed # `make ui` in a real browser too, where chromium is installed; much of it waits, so three at a time
	python -m pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder --cov --cov-fail-under=90

pictures: .venv/installed # docs/*.png anew, of the last commit's own run and report, where chromium is installed
	PICTURES=docs python -m pytest tests/flows/test_ui.py

lint: .venv/installed
	ruff check .
	ruff format --check .
	mypy

ui: ready data/raw # the Prefect UI on this machine, until Ctrl-C
	@python -m flows.ui --port $(PORT) --gpu-slots $(GPU_SLOTS)

bench: .venv/installed # how fast fine-tuning is on this kind of machine: benchmarks/speed/; about 13 minutes, idle
	python -m benchmarks.speed

.venv/installed: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Acclimate needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	touch $@

ready: .venv/installed # what a killed run has left is mended, and what only you can mend is named
	@python -m flows.ready

data/raw: | ready
	@python -m flows.fetch data/raw.dvc

schema: .venv/installed # after a change of a params.py, or of what a file of reports/ holds
	python -m tasks.schemas

lock: .venv/installed # after a change of pyproject.toml
	CUSTOM_COMPILE_COMMAND='make lock' pip-compile --quiet --extra dev --extra dask --extra ray --extra excel --strip-extras --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --allow-unsafe --output-file requirements.txt pyproject.toml
	sed -i.before 's/^torch==\(.*\)+cpu$$/torch==\1/' requirements.txt && rm requirements.txt.before
