#!/bin/sh
# fuzz.sh TIME [PATTERN]: run every fuzz target (or those whose name matches PATTERN) for TIME each, one after the other.
# A crash stops the run; its input is left in the package's testdata/fuzz, which is where it belongs.
set -eu
time=${1:-5s}
want=${2:-.}
n=0
for pkg in $(go list ./...); do
	for f in $(go test -list '^Fuzz' "$pkg" | grep '^Fuzz' | grep -E "$want" || true); do
		echo "fuzz: $pkg $f for $time"
		# Go's fuzzer at times calls the end of its time a failure; one that found an input says so.
		if ! out=$(go test -run '^$' -fuzz "^$f\$" -fuzztime "$time" -fuzzminimizetime 10x "$pkg" 2>&1); then
			case $out in
			*"Failing input"*) echo "$out"; exit 1 ;;
			*"context deadline exceeded"*) ;;
			*) echo "$out"; exit 1 ;;
			esac
		fi
		echo "$out" | tail -1
		n=$((n + 1))
	done
done
echo "fuzz: $n targets, no crash"
[ "$n" -gt 0 ]
