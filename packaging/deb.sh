#!/usr/bin/env bash
# deb.sh BIN: makes a Debian package of the built program, its manual page, completions and service, with nfpm.
set -euo pipefail
bin=$1
go=${GO:-go}
nfpm="github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.0"
out=bin/deb
mkdir -p "$out"
"$bin" manual man | gzip -9n > "$out/earshot.1.gz"
for shell in bash zsh fish; do "$bin" manual "$shell" > "$out/$shell"; done
packaging/licences.sh | gzip -9n > "$out/licences.txt.gz"
export DEB_ARCH DEB_VERSION SOURCE_DATE_EPOCH
DEB_ARCH=$(command -v dpkg >/dev/null 2>&1 && dpkg --print-architecture || "$go" env GOARCH)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date +%s)
DEB_VERSION=0~git$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d.%H%M%S)$(git rev-parse --short=8 HEAD 2>/dev/null | sed 's/^/./' || true)
"$go" run "$nfpm" package --config packaging/deb/nfpm.yaml --packager deb --target "$out/"
ls -l "$out"/*.deb
