# Two commands do everything on a fresh machine with Go, git and make:
#   make run    builds and starts the server with demo data
#   make test   installs what the tests need and runs all of them
.PHONY: run build test generate generate-sql train train-account lint tools-apt fuzz bench deb clean

GO      ?= go
BIN     := bin/bonafide
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

build:
	CGO_ENABLED=0 $(GO) build -trimpath -gcflags=all=-dwarf=false -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN) ./cmd/bonafide

run: build
	@$(BIN) serve --demo

# Tests need a browser and OCR; without apt the tests that need them say so.
tools-apt:
	@sh scripts/install-test-tools

lint:
	@test -z "$$(gofmt -l . )" || { echo "not gofmt'ed:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) run -modfile=tools/go.mod honnef.co/go/tools/cmd/staticcheck ./...

# The race detector stays out of SQLite's translated C, whose memory it does not
# know and which costs it two thirds of the time, and out of the password hash.
UNRACED := -gcflags='modernc.org/sqlite/lib=-race=false' -gcflags='modernc.org/libc=-race=false' \
	-gcflags='golang.org/x/crypto/argon2=-race=false'

test: tools-apt lint
	$(GO) test -race $(UNRACED) -timeout 25m ./...
	@$(GO) run ./cmd/bonafide config check
	@sh scripts/check-generated

generate:
	$(GO) run ./cmd/bonafide config docs > docs/configuration.md
	$(GO) run ./cmd/bonafide codes > docs/evidence-codes.md
	$(GO) run ./cmd/bonafide access > docs/access.md

# The functions of store/sql/queries, from the SQL beside them. Building sqlc
# takes some minutes and a C compiler the first time; check-generated compares
# the sums of what it read.
generate-sql:
	$(GO) tool -modfile=tools/sqlc/go.mod sqlc generate -f store/sql/sqlc.yaml
	@sh scripts/sum-queries > store/sql/queries/sums.txt

# The models of the red flags; English and German need the corpora.
train:
	$(GO) run ./cmd/bonafide train contact --data ../shared/corpora
	$(GO) run ./cmd/bonafide train contact --data ../shared/corpora --whole

train-account:
	$(GO) run ./cmd/bonafide train account

fuzz:
	sh scripts/fuzz-all

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

deb:
	sh scripts/build-deb

clean:
	rm -rf bin dist
