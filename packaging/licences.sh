#!/bin/sh
# licences.sh: the licences of every module that is compiled into earshot, each with its text: what a binary has to come with.
set -eu
go=${GO:-go}
"$go" list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/earshot | sort -u | while read -r path version dir; do
	found=
	for f in "$dir"/LICENSE* "$dir"/LICENCE* "$dir"/COPYING* "$dir"/License* "$dir"/NOTICE*; do
		[ -f "$f" ] || continue
		found=yes
		printf '\n%s %s (%s)\n%s\n\n' "$path" "$version" "$(basename "$f")" "--------------------------------------------------------------------------------"
		cat "$f"
	done
	[ -n "$found" ] || { echo "licences: $path $version says nothing of its licence" >&2; exit 1; }
done
printf '\nGo and its standard library (LICENSE)\n%s\n\n' "--------------------------------------------------------------------------------"
cat "$("$go" env GOROOT)/LICENSE"
