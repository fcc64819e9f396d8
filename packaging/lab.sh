#!/usr/bin/env bash
# lab.sh LAB BIN: asks the truth lab with earshot and with nmap and sets the two side by side. The lab must be up
# (LAB/README.md); EARSHOT_LAB_ROOT says where it was installed. Needs root, for the lab's network namespaces.
set -euo pipefail
lab=$(realpath "$1") bin=$(realpath "$2")
root=${EARSHOT_LAB_ROOT:-${TMPDIR:-/tmp}/earshot-lab}
out=${EARSHOT_LAB_OUT:-$root/out}
export EARSHOT_LAB_ROOT=$root EARSHOT_LAB_OUT=$out PYTHONDONTWRITEBYTECODE=1
[ -r "$lab/lab.py" ] || { echo "lab: no $lab/lab.py; set LAB to the folder of the truth lab"; exit 1; }
[ -e "$root/run/state.json" ] || { echo "lab: the servers are not running: EARSHOT_LAB_ROOT=$root python3 $lab/lab.py up"; exit 1; }
mkdir -p "$out"
list() { python3 -c "
import json, sys
T = json.load(open('$lab/truth.json'))
print($1)"; }
tcp=$(list "','.join(map(str, sorted({t['port'] for t in T if t['proto'] == 'tcp'})))")
udp=$(list "','.join(map(str, sorted({t['port'] for t in T if t['proto'] == 'udp'})))")
hosts=$(list "' '.join(sorted({t['ip'] for t in T}))")
[ -e "$out/truth-all.json" ] || cp "$lab/truth.json" "$out/truth-all.json"
ask() { # ask TAG flags…
  local tag=$1; shift
  # shellcheck disable=SC2086
  python3 "$lab/lab.py" sensor "$tag" "$bin" probe -q -Pn -oX "$out/$tag.xml" --ledger "$out/$tag.jsonl" "$@" $hosts | grep -v '^[0-9 ]*/\|^$' | tail -2
  python3 "$lab/score.py" -q "$lab/truth.json" "$out/$tag.xml" | tail -1
}
echo "== earshot probe"
ask quiet -p "T:$tcp,U:$udp"
echo "== earshot probe after a passive capture"
ask heard -r "$lab/passive.pcap.gz"
if [ -z "${NO_NMAP:-}" ]; then
  echo "== earshot probe --versiondb nmap --no-embedded"
  ask theirs --versiondb nmap --no-embedded -n -p "T:$tcp,U:$udp"
  echo "== earshot probe --strategy nmap --versiondb nmap"
  ask nmapish --strategy nmap --versiondb nmap -n -p "T:$tcp,U:$udp"
  echo "== nmap -sV"
  python3 "$lab/lab.py" nmap
  python3 "$lab/lab.py" noise "$out/nmap.pcap"
  python3 "$lab/score.py" -q "$lab/truth.json" "$out/nmap-tcp.xml" "$out/nmap-udp.xml" | tail -1
fi
[ -n "${NO_NMAP:-}" ] || {
  echo "== agreement of --strategy nmap with nmap -sV"
  bare=
  if [ -z "${NO_BARE:-}" ]; then # nmap's matching alone: a script of the category "version" that does nothing, instead of its own
    data=$out/bare
    mkdir -p "$data/scripts"
    for f in "${NMAP_DATA:-/usr/share/nmap}"/*; do [ "${f##*/}" = scripts ] || ln -sfn "$f" "$data/${f##*/}"; done
    printf '%s\n' 'description = ""' 'categories = {"version"}' 'portrule = function() return false end' 'action = function() end' >"$data/scripts/none.nse"
    echo 'Entry { filename = "none.nse", categories = { "version", } }' >"$data/scripts/script.db"
    for p in "S $tcp tcp" "U $udp udp"; do
      # shellcheck disable=SC2086
      set -- $p
      # shellcheck disable=SC2086
      ip netns exec es-h2 nmap "-s$1" -sV --datadir "$data" -n -Pn -p "$2" -oX "$out/bare-$3.xml" $hosts >/dev/null
    done
    bare=$out/bare-tcp.xml,$out/bare-udp.xml
  fi
  here=$(dirname "$0")
  (cd "$here/.." && go run ./testdata/bench/agreement/main.go -truth "$lab/truth.json" -nmap "$out/nmap-tcp.xml,$out/nmap-udp.xml" ${bare:+-bare "$bare"} \
    -notes packaging/agreement.tsv "$out/nmapish.xml") | tee "$out/agreement.txt"
}
