#!/usr/bin/env bash
# lab.sh LAB BIN: asks the truth lab with earshot and with nmap and sets the two side by side. The lab must be up
# (LAB/README.md); EARSHOT_LAB_ROOT says where it was installed. Needs root, for the lab's network namespaces.
set -euo pipefail
lab=$1 bin=$(realpath "$2")
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
  echo "== nmap -sV"
  python3 "$lab/lab.py" nmap
  python3 "$lab/lab.py" noise "$out/nmap.pcap"
  python3 "$lab/score.py" -q "$lab/truth.json" "$out/nmap-tcp.xml" "$out/nmap-udp.xml" | tail -1
fi
