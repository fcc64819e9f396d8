# make demo  builds earshot and names what runs in a shipped capture
# make test  passes every test
# Both install what they need (libpcap's headers; for the tests, programs used as yardsticks).

GO ?= go
BIN := bin/earshot
SHARED ?= ../shared
LAB ?= $(SHARED)/lab
CAPTURES ?= $(SHARED)/captures
FUZZTIME ?= 5s
STATICCHECK := $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT := $(GO) run mvdan.cc/gofumpt@v0.12.0

.PHONY: all build demo test lint vet race fuzz oracle bench-matcher bench-capture score-lab score-captures robust clean headers testtools

all: build

build: headers
	$(GO) build -o $(BIN) ./cmd/earshot

headers:
ifneq ($(CGO_ENABLED),0)
	@packaging/libpcap.sh
endif

testtools:
	@packaging/testtools.sh

demo: build
	$(BIN) listen -r testdata/captures/lab-day.pcap.gz

test: headers testtools
	$(GO) test ./...

race: headers
	$(GO) test -race -short ./...

# Every platform of the promise: with cgo here, without it elsewhere.
vet: headers
	$(GO) vet ./...
	CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/earshot
	for os in linux darwin windows freebsd; do echo "vet $$os"; CGO_ENABLED=0 GOOS=$$os $(GO) vet ./... || exit 1; done

lint: headers
	$(STATICCHECK) ./...
	@out=$$($(GOFUMPT) -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "not gofumpt-clean:"; echo "$$out"; exit 1; }

fuzz: headers
	packaging/fuzz.sh $(FUZZTIME)

clean:
	rm -rf bin
