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
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
	echo "testtools: not a Debian; tests that need$missing will skip" >&2
	exit 0
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null 2>&1 || {
		echo "testtools: neither root nor sudo; tests that need$missing will skip" >&2
		exit 0
	}
	sudo=sudo
fi
echo "testtools: installing$missing" >&2
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2 ||
	echo "testtools: could not install$missing; the tests that need them will skip" >&2
exit 0
