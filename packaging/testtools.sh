#!/bin/sh
# testtools.sh: install the programs that some tests use as yardsticks (nmap's DTD, style sheet and
# probe file, ndiff, xmllint, xsltproc, tcpdump, tshark, PCRE2), and those that build networks to scan (ip, nft; nmap
# scans beside us), and a browser for the page that report makes. Where they cannot be had, those tests skip and say so.
set -u
missing=
for t in ndiff:ndiff xmllint:libxml2-utils xsltproc:xsltproc tcpdump:tcpdump openssl:openssl nmap:nmap ip:iproute2 nft:nftables chromium:chromium tshark:tshark; do
	command -v "${t%%:*}" >/dev/null 2>&1 || missing="$missing ${t#*:}"
done
[ -f /usr/share/nmap/nmap-service-probes ] || missing="$missing nmap-common"
[ -f /usr/include/pcre2.h ] || missing="$missing libpcre2-dev"
# rpcbind is unpacked, and not installed: installed it would begin to serve this machine's network.
unpacked=$(cd "$(dirname "$0")/.." && pwd)/bin/testtools
rpcbind=
if [ "$(uname)" = Linux ] && ! command -v rpcbind >/dev/null 2>&1 && [ ! -x "$unpacked/sbin/rpcbind" ] && [ ! -x "$unpacked/usr/sbin/rpcbind" ]; then
	rpcbind=rpcbind
	for lib in libtirpc.so.3:libtirpc3 libwrap.so.0:libwrap0; do
		ldconfig -p 2>/dev/null | grep -q "${lib%%:*}" || /sbin/ldconfig -p 2>/dev/null | grep -q "${lib%%:*}" || missing="$missing ${lib#*:}"
	done
fi
[ -n "$missing$rpcbind" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
	echo "testtools: not a Debian; tests that need$missing $rpcbind will skip" >&2
	exit 0
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null 2>&1 || {
		echo "testtools: neither root nor sudo; tests that need$missing $rpcbind will skip" >&2
		exit 0
	}
	sudo=sudo
fi
echo "testtools: installing$missing $rpcbind" >&2
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq && { [ -z "$missing" ] ||
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2; } ||
	echo "testtools: could not install$missing; the tests that need them will skip" >&2
if [ -n "$rpcbind" ]; then
	dir=$(mktemp -d) && mkdir -p "$unpacked" && (cd "$dir" && apt-get download -qq rpcbind >/dev/null 2>&1 && dpkg -x rpcbind_*.deb "$unpacked") ||
		echo "testtools: could not unpack rpcbind; the test that needs it will skip" >&2
	rm -rf "$dir"
fi
exit 0
