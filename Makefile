# make demo  builds earshot and names what runs in a shipped capture
# make test  passes every test
# make help  lists the rest
# All install what they need (libpcap's headers; for the tests, programs used as yardsticks).

GO ?= go
BIN := bin/earshot
SHARED ?= ../shared
LAB ?= $(SHARED)/lab
CAPTURES ?= $(SHARED)/captures
FUZZTIME ?= 5s
SCALE ?= 1
ROUNDS ?= 3
STATICCHECK := $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT := $(GO) run mvdan.cc/gofumpt@v0.12.0

# The version is the commit's; a checkout that git refuses to look into (somebody else's) is built without.
ifneq ($(shell git status --porcelain >/dev/null 2>&1 && echo ok),ok)
export GOFLAGS += -buildvcs=false
endif

.PHONY: all help build demo demo-watch test test-net test-net-scan test-net-bounds test-net-watch test-32 lint vet race fuzz oracle bench-matcher bench-capture bench-live bench-flood bench-state bench-ask score-lab score-captures score-changed agree lab robust precision deb clean headers testtools

all: build

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

build: headers ## bin/earshot (CGO_ENABLED=0: without libpcap)
	$(GO) build -trimpath -o $(BIN) ./cmd/earshot

headers:
ifneq ($(CGO_ENABLED),0)
	@packaging/libpcap.sh
endif

testtools:
	@packaging/testtools.sh

demo: build ## build, and name what runs in a shipped capture
	$(BIN) listen -r testdata/captures/lab-day.pcap.gz

# Real servers and clients in network namespaces, and earshot watch on a mirror port. Root; the first time it installs a Debian of its own.
demo-watch: build ## a mirror port, real servers, and earshot watch (root)
	packaging/demo-watch.sh $(BIN)

test: headers testtools ## every test, with those of test-net
	$(GO) test -timeout 30m ./...
	$(MAKE) test-net

# Scans in network namespaces, beside an installed nmap and tcpdump. They mostly wait, each in namespaces of its own, so three
# of them run beside each other, and nothing else does: some measure times.
test-net: headers testtools ## scans and sensors in network namespaces (root)
	$(MAKE) -j3 test-net-scan test-net-bounds test-net-watch

test-net-scan:
	EARSHOT_TEST_NETWORKS=1 $(GO) test -count=1 -timeout 20m ./active/discover

test-net-bounds:
	EARSHOT_TEST_NETWORKS=1 $(GO) test -count=1 -timeout 20m -run "Ask" -skip "AskFlags|AskLedger" ./cmd/earshot

test-net-watch:
	EARSHOT_TEST_NETWORKS=1 $(GO) test -count=1 -timeout 20m -run "Watch|Mirror|AskFlags|AskLedger" ./cmd/earshot

# Lengths that others tell are read into numbers that may be half as long elsewhere.
test-32: ## the short tests as a machine with an int of 32 bits has them
	@case $$(uname -sm) in 'Linux x86_64') ;; *) echo "test-32: runs on Linux for amd64 only; skipped"; exit 0 ;; esac; \
	CGO_ENABLED=0 GOOS=linux GOARCH=386 $(GO) test -short ./active/... ./capture ./matcher/... ./state/...

race: headers ## the tests under the race detector
	$(GO) test -race -short -timeout 30m ./...

# Every platform of the promise, one with an int of 32 bits among them: with cgo here, without it elsewhere.
vet: headers ## go vet for every platform, and a build without cgo
	$(GO) vet ./... ./testdata/bench/...
	CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/earshot
	for os in linux darwin windows freebsd; do echo "vet $$os"; CGO_ENABLED=0 GOOS=$$os $(GO) vet ./... || exit 1; done
	CGO_ENABLED=0 GOOS=linux GOARCH=386 $(GO) vet ./...

lint: headers ## staticcheck and gofumpt
	$(STATICCHECK) ./... ./testdata/bench/...
	@out=$$($(GOFUMPT) -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "not gofumpt-clean:"; echo "$$out"; exit 1; }

fuzz: headers ## every fuzz target for FUZZTIME (5s)
	packaging/fuzz.sh $(FUZZTIME)

# Our regular expressions beside PCRE2 over generated, near and mutated input. Needs libpcre2-dev.
oracle: ## our regular expressions beside PCRE2
	@test -f /usr/include/pcre2.h || { echo "oracle: needs PCRE2's headers (Debian: apt-get install libpcre2-dev); skipped"; exit 0; }; \
	$(GO) test -tags oracle -count=1 -v ./matcher/pcre/oracle

# The matcher beside linear libpcre, nmap's way, in one run. Needs libpcre3-dev, pkg-config, nmap-common.
bench-matcher: ## the matcher beside libpcre
	@pkg-config --exists libpcre && test -r /usr/share/nmap/nmap-service-probes || { echo "bench-matcher: needs libpcre 8 and an installed nmap's file (Debian 12: apt-get install libpcre3-dev pkg-config nmap-common)"; exit 1; }
	$(GO) run -tags benchpcre ./testdata/bench/matcher
	$(GO) test -run '^$$' -bench 'Match|Prefilter|Index' ./matcher

# A whole run of listen beside tcpdump on made-up captures of 3 GB together; SCALE=0.1 makes them smaller.
bench-capture: build testtools ## listen beside tcpdump (SCALE, ROUNDS)
	$(GO) build -o bin/gencap ./testdata/bench/gencap
	$(GO) build -o bin/bench-capture ./testdata/bench/capture
	bin/bench-capture -scale $(SCALE) -rounds $(ROUNDS)
	$(GO) test -run '^$$' -bench 'Run|NewFlows|ReadDecode' ./capture

# Listeners side by side over a cable of this machine, at rising rates: which misses packets, and when. Root.
RATES ?= 100000,200000,400000,600000,800000,0
bench-live: build testtools ## who misses packets at which rate (root; RATES)
	$(GO) build -o bin/gencap ./testdata/bench/gencap
	$(GO) build -o bin/bench-live ./testdata/bench/live
	bin/bench-live -rates $(RATES) -rounds $(ROUNDS)

# Memory over time while nobody's traffic comes in: ten million SYNs, a /16 scanned, 100,000 hosts, fragments … Root.
FLOODSCALE ?= 1
bench-flood: build ## memory under floods (root; FLOODSCALE)
	$(GO) build -o bin/bench-flood ./testdata/bench/flood
	bin/bench-flood -scale $(FLOODSCALE)

# The store on disk with ten million pieces of evidence of a million services (3 GB of room); SERVICES=100000 makes it smaller.
SERVICES ?= 1000000
bench-state: ## the state with ten million pieces of evidence (SERVICES)
	CGO_ENABLED=0 $(GO) run ./testdata/bench/state -services $(SERVICES)

# Ten thousand hosts with fifty thousand open ports, all on loopback: time, memory and descriptors.
HOSTS ?= 10000
bench-ask: build ## probe on ten thousand hosts (HOSTS)
	$(GO) run ./testdata/bench/ask -hosts $(HOSTS) $(BIN)

# What is measured against truth kept outside this repository.
score-lab: build ## listen against a truth lab (LAB)
	@test -r $(LAB)/truth.json || { echo "score-lab: no $(LAB)/truth.json; set LAB to the folder of the truth lab"; exit 1; }
	$(BIN) listen -q -oX bin/lab.xml -r $(LAB)/passive.pcap.gz
	python3 $(LAB)/score.py --wire $(LAB)/anchors.json $(LAB)/truth.json bin/lab.xml | tail -3

score-captures: build ## listen against public captures (CAPTURES)
	@test -r $(CAPTURES)/truth.jsonl || { echo "score-captures: no $(CAPTURES)/truth.jsonl; set CAPTURES to the folder of the public captures"; exit 1; }
	python3 $(CAPTURES)/runtool.py $(CAPTURES) bin/captures.jsonl --jobs 2 --timeout 60 -- $(CURDIR)/$(BIN) listen -oJ - -r {}
	python3 $(CAPTURES)/score.py $(CAPTURES)/truth.jsonl bin/captures.jsonl

# The same captures made worse: services on unusual ports, beginnings missing, frames lost, doubled, mixed up, late, cut.
HOW ?= port middle both twice mixed lossy late cut
score-changed: build ## the same of captures that were changed (CAPTURES, HOW)
	@test -r $(CAPTURES)/truth.jsonl || { echo "score-changed: no $(CAPTURES)/truth.jsonl; set CAPTURES to the folder of the public captures"; exit 1; }
	$(GO) build -o bin/changed ./testdata/bench/changed
	for how in $(HOW); do echo "== $$how"; rm -rf bin/changed-captures; \
	bin/changed -how $$how $(CAPTURES) bin/changed-captures 2>bin/changed-left-out.txt || exit 1; \
	python3 $(CAPTURES)/runtool.py bin/changed-captures bin/changed.jsonl --jobs 2 --timeout 60 -- $(CURDIR)/$(BIN) listen -oJ - -r {} || exit 1; \
	python3 $(CAPTURES)/score.py bin/changed-captures/truth.jsonl bin/changed.jsonl | grep -aE '^(found|label|  wrong|spurious|  client)' || exit 1; done

# What we read of the handshakes in captures beside what tshark does: every difference, and counts.
agree: ## handshakes as tshark reads them (CAPTURES)
	EARSHOT_TEST_CAPTURES='$(CAPTURES)/pcap/*' $(GO) test -count=1 -timeout 30m -run TestTshark -v ./capture

# Real servers from Debian packages, each in a network namespace of its own, asked and scored. Root; NAMES="redis cups" for some.
# With LAB=DIR the truth lab kept there instead, which must be up: earshot and nmap ask it side by side.
lab: build ## real servers from packages, asked and scored (root; NAMES)
ifeq ($(origin LAB),file)
	python3 testdata/lab/lab.py run --bin $(BIN) $(NAMES)
else
	packaging/lab.sh $(LAB) $(BIN)
endif

robust: build ## damaged captures (CAPTURES)
	@test -r $(CAPTURES)/robust.py || { echo "robust: no $(CAPTURES)/robust.py; set CAPTURES to the folder of the public captures"; exit 1; }
	python3 $(CAPTURES)/robust.py $(CAPTURES) --timeout 20 --mem 1024 --mutate 2000 -- $(CURDIR)/$(BIN) listen -oJ - -r {}

# What no server said against the whole database: not one match line may match.
precision: ## nobody's words against every signature
	$(GO) run ./testdata/bench/precision

# A Debian package of this tree, bin/deb/earshot_*.deb.
deb: build ## a Debian package, bin/deb/earshot_*.deb
	packaging/deb.sh $(BIN)

clean: ## remove bin
	rm -rf bin
