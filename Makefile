# The commands of the project. `make` alone lists them.
SHELL := /bin/bash
PYTHON := .venv/bin/python
STACK ?= gra sbg witness
TTL ?= 8h
REQUIREMENTS := requirements.txt requirements-dev.txt requirements-participant.txt
# Those that wait for seconds that settings promise, on daemons of this machine: nothing else beside them.
TIMED := tests/commands tests/daemons tests/edge tests/meeting_server tests/relay
# On the booted lab: the drill, and what wants other settings than the other tests there.
DRILLED := $(addprefix tests/lab/test_,baked.py certificates.py dns.py drill.py drill_bites.py drill_repaired.py redis_cluster.py \
	redis_renewed.py redis_tls.py rolled_node.py secrets_rotated.py site_lost_during_roll.py upstream.py upstream_plain.py)
# What takes minutes each: losses one after the other, at random, at the limits of the settings; browsers; environments and
# killed runs.
LONG := tests/edge/test_worst_cases.py tests/edge/test_random_settings.py tests/edge/test_schedules.py tests/edge/test_browsers.py \
	tests/relay/test_browsers.py tests/daemons/test_worst_cases.py tests/daemons/test_redis_newest.py \
	tests/daemons/test_redis_schedules.py tests/engine/test_bench.py tests/engine/test_environments.py tests/engine/test_killed.py \
	tests/engine/test_refusals.py
SIDE_BY_SIDE := --dist loadscope --no-loadscope-reorder
# A site, or one of its meeting servers.
ONE = $(addprefix --site ,$(SITE)) $(addprefix --node ,$(NODE))
OPS := $(PYTHON) -m lab exec -- $(PYTHON) -m ops
# With LAB=demo on that lab, beside what is deployed to it; else with the credentials at hand.
ENVIRONMENTS = $(if $(LAB),$(PYTHON) -m lab,$(OPS))
REFRESH := $(PYTHON) -m lab exec -- pulumi refresh --preview-only --json --non-interactive
PREVIEW := $(PYTHON) -m lab exec -- pulumi preview --json --show-sames --non-interactive

.DEFAULT_GOAL := help
.PHONY: help init preflight state-bucket up demo demo-down status lab-status test test-long test-machines check contract settings format bench bench-failover secrets images leftovers review drift ssh keys promote drain undrain roll drill drill-repair drill-alerts load dashboards checklist lab-checklist env-up env-down env-sweep

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

init: .venv ## the first settings: asks what nobody could guess, and writes the four files: make init [ARGS="--participants 80", see python -m ops init --help]
	$(PYTHON) -m ops init $(STACK) $(ARGS)

preflight: .venv ## whether a first deployment can succeed: asks the regions, DNS, registry and state, and makes nothing
	$(OPS) preflight $(STACK) $(ARGS)

state-bucket: .venv ## make the bucket of Pulumi's state, or have it keep every version: make state-bucket URL='s3://...'
	$(PYTHON) -m ops state-bucket $(if $(URL),'$(URL)')

up: .venv ## deploy all sites, and tell them of each other: make up [STACK="gra sbg witness"] [YES=1]
	$(OPS) up $(STACK) $(if $(YES),--yes)

demo: .venv ## three sites on a real OpenStack on this machine, from nothing (Debian 12, root): make demo [SERVERS=machines] [SERVER=directory or archive KIND=edumeet-3.5]
	$(PYTHON) -m lab demo $(addprefix --servers ,$(SERVERS)) $(addprefix --meeting-server ,$(SERVER)) $(addprefix --kind ,$(KIND))

demo-down: .venv ## take the demo down; nothing of it is left
	$(PYTHON) -m lab demo-down

lab-status: .venv ## the demo's table again, and how everything is
	$(PYTHON) -m lab demo-status

lab-checklist: .venv ## the requirements' deployment checklist, ticked by asking the demo
	$(PYTHON) -m lab demo-checklist

test: .venv ## everything that proves the program; the booted lab included
	$(PYTHON) -m lab install
	$(PYTHON) -m lab engine-install
	$(PYTHON) -m lab tool actionlint caddy pebble versitygw load-participants
	$(PYTHON) -m lab meeting-archive
	$(PYTHON) -m lab image
	$(PYTHON) -m pytest -v --numprocesses 3 $(SIDE_BY_SIDE) $(addprefix --ignore ,tests/lab $(TIMED) $(LONG))
	$(PYTHON) -m pytest -v --numprocesses 2 $(SIDE_BY_SIDE) $(TIMED) $(addprefix --ignore ,$(LONG))
	$(PYTHON) -m pytest -v --durations 15 tests/lab $(addprefix --ignore ,$(DRILLED))

test-long: .venv ## every fault drilled on the booted lab, and what takes minutes: every night
	$(PYTHON) -m lab install
	$(PYTHON) -m lab engine-install
	$(PYTHON) -m lab meeting-archive
	$(PYTHON) -m lab image
	$(PYTHON) -m pytest -v $(DRILLED)
	$(PYTHON) -m pytest -v --numprocesses 1 $(LONG)

test-machines: .venv ## what machines with a kernel of their own alone can show, every night: half an hour without KVM
	$(PYTHON) -m lab install
	$(PYTHON) -m lab image
	$(PYTHON) -m pytest -v -s -m machines tests/machines

check: .venv ## linters, types, and the tests that need neither cloud nor engine: for every edit
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/lint-imports --no-cache --no-logo
	.venv/bin/mypy
	$(PYTHON) -m pytest -q --numprocesses auto --dist loadscope --no-loadscope-reorder tests/unit tests/component tests/contract --ignore tests/component/test_component_changes.py

contract: .venv ## a real meeting server with our configuration: two people meet, one comes back: make contract SERVER=directory KIND=edumeet-3.5
	CONTRACT_SERVER='$(abspath $(SERVER))' CONTRACT_KIND='$(KIND)' $(PYTHON) -m pytest -v -rP --numprocesses 1 tests/contract/real_server.py

settings: .venv ## docs/settings.md and the editors' settings.schema.json, made anew from the models
	$(PYTHON) -m ops settings

format: .venv ## let the formatter write
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

bench: .venv ## the figures of docs/benchmarks.md, measured anew
	$(PYTHON) -m lab install
	$(PYTHON) -m lab bench
	$(PYTHON) -m lab bench-whole
	$(PYTHON) -m lab bench-booted

bench-failover: .venv ## how long people and sessions wait after a loss, on the demo that is up: medians of five
	$(PYTHON) -m lab drill --repeat 5 meeting-server-hangs edge-lost redis-master-paused site-isolated

secrets: .venv ## make the shared secrets and store them encrypted: make secrets [STACK="gra sbg witness"] [ROTATE=cookie_secret [AT_ONCE=1]]
	$(OPS) secrets $(STACK) $(addprefix --rotate ,$(ROTATE)) $(if $(AT_ONCE),--at-once)

images: .venv ## look up image ids and write them to the stacks' files, or bake images: make images [STACK=gra] [REFRESH=1, BAKE=1 or STOCK=1]
	$(OPS) images $(STACK) $(if $(REFRESH),--refresh) $(if $(BAKE),--bake) $(if $(STOCK),--stock)

review: .venv ## what a change does at every site, in plain words, and whether it breaks a rule: make review [STACK=gra]
	@mkdir -p .review
	@$(foreach stack,$(STACK),$(PREVIEW) --stack $(stack) > .review/$(stack).json 2> >(tee .review/$(stack).json.err >&2) || true;)
	@$(PYTHON) -m ops review $(foreach stack,$(STACK),$(stack)=.review/$(stack).json)

drift: .venv ## what of the cloud is no longer as Pulumi made it; nothing is written: make drift [STACK=gra]
	@mkdir -p .review
	@$(foreach stack,$(STACK),$(REFRESH) --stack $(stack) > .review/drift-$(stack).json 2> >(tee .review/drift-$(stack).json.err >&2) || true;)
	@$(PYTHON) -m ops drift $(foreach stack,$(STACK),$(stack)=.review/drift-$(stack).json)

leftovers: .venv ## what a `pulumi up` that was cut off made and nobody knows of: make leftovers STACK=gra [UNANSWERED=1: an API broke off] [YES=1]
	$(OPS) leftovers $(if $(filter file,$(origin STACK)),,$(STACK)) $(if $(UNANSWERED),--unanswered) $(if $(YES),--yes)

status: .venv ## ask the whole: servers, edges, certificates, DNS, Redis
	$(OPS) status $(STACK)

checklist: .venv ## the deployment checklist, each line ticked by asking: make checklist [STACK="gra sbg witness"]
	$(OPS) checklist $(STACK)

drill: .venv ## the failover drill on the demo: make drill [FAULTS="redis-master-off edge-lost"]
	$(PYTHON) -m lab drill $(FAULTS)

drill-repair: .venv ## undo what an interrupted drill left, and wait until the demo is whole
	$(PYTHON) -m lab drill --repair

drill-alerts: .venv ## have alerts fire on the demo, and end: make drill-alerts [ALERTS="DiskFull EdgeDown"]
	$(PYTHON) -m lab drill-alerts $(ALERTS)

load: .venv ## how many people an environment holds, until quality suffers: make load [STACK="gra sbg" YES=1] [SHAPES="pair class meeting"] [PEOPLE=60] [MBIT=400]
	$(PYTHON) -m lab exec -- $(PYTHON) -m lab load $(if $(filter file,$(origin STACK)),,$(STACK)) $(addprefix --shape ,$(SHAPES)) $(addprefix --people ,$(PEOPLE)) $(addprefix --mbit ,$(MBIT)) $(if $(YES),--yes)

dashboards: .venv ## a tunnel to Prometheus and Alertmanager on the witness, until Ctrl-C
	$(OPS) dashboards $(STACK)

ssh: .venv ## write .ssh/config for the fleet: ssh -F .ssh/config production-gra-redis-1
	$(OPS) ssh $(STACK)

keys: .venv ## have every server let in those whom operators.ssh_public_keys names, and nobody else; none is replaced
	$(OPS) keys $(STACK)

promote: .venv ## make one site's Redis the master, where nobody can elect: make promote STACK=sbg [ALONE=1: without a replica]
	$(OPS) promote $(if $(filter file,$(origin STACK)),,$(STACK)) $(if $(ALONE),--alone)

drain: .venv ## take a site out of every DNS answer, whatever its health, or keep new rooms from one meeting server: make drain SITE=gra, or NODE=gra-meeting-2
	$(OPS) drain $(STACK) $(ONE)

undrain: .venv ## put it back, a site while its edge is up: make undrain SITE=gra, or NODE=gra-meeting-2
	$(OPS) drain $(STACK) $(ONE) --undo

env-up: .venv ## a test environment of all sites, or more time for it: make env-up NAME=pr-42 TTL=8h [LAB=demo]
	$(ENVIRONMENTS) env-up --name '$(NAME)' --ttl '$(TTL)' $(addprefix --lab ,$(LAB))

env-down: .venv ## take it down, and prove by the API that nothing is left: make env-down NAME=pr-42 [LAB=demo]
	$(ENVIRONMENTS) env-down --name '$(NAME)' $(addprefix --lab ,$(LAB))

env-sweep: .venv ## expired environments, and what no stack has: make env-sweep [YES=1 to remove it] [LAB=demo]
	$(ENVIRONMENTS) env-sweep $(if $(YES),--yes) $(addprefix --lab ,$(LAB))

roll: .venv ## upgrade one site, or make one meeting server anew, without an outage: make roll SITE=gra, or NODE=gra-meeting-2 [DEADLINE=seconds] [PLAN=1] [UNDO=1]
	$(OPS) roll $(STACK) $(ONE) $(addprefix --deadline ,$(DEADLINE)) $(if $(PLAN),--plan) $(if $(UNDO),--undo)

# By what make has installed, not by ages: `pulumi install` makes .venv too, with less in it.
.venv: $(shell cat $(REQUIREMENTS) | cmp --quiet - .venv/installed-by-make.txt || echo packages)

.PHONY: packages
packages:
	python3 -c 'import ensurepip' 2>/dev/null || apt-get install --yes python3-venv
	python3 -m venv .venv
	$(PYTHON) -m pip install --quiet --require-hashes $(addprefix -r ,$(REQUIREMENTS))
	@cat $(REQUIREMENTS) > .venv/installed-by-make.txt
