#!/bin/sh
# libpcap.sh: make sure that cgo finds libpcap's headers; install them where we know how.
# Says nothing and changes nothing when they are there.
set -u

have() { printf '#include <pcap.h>\nint main(void){return 0;}\n' | ${CC:-cc} -x c - -lpcap -o /dev/null 2>/dev/null; }

have && exit 0

sudo=
if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null 2>&1; then
	sudo=sudo
fi
os=$(uname -s)
if [ "$os" = Darwin ]; then
	echo "libpcap: not found. Install Apple's command line tools, which carry it: xcode-select --install" >&2
	exit 1
fi
if [ "$os" = FreeBSD ]; then
	echo "libpcap: it is part of FreeBSD's base system; is a C compiler installed?" >&2
	exit 1
fi
if [ "$(id -u)" -ne 0 ] && [ -z "$sudo" ]; then
	echo "libpcap: headers are missing and we are neither root nor have sudo. Ask for the package libpcap-dev (Debian, Alpine) or libpcap-devel (Fedora), or build without: make build CGO_ENABLED=0" >&2
	exit 1
fi
echo "libpcap: headers are missing, installing them" >&2
if command -v apt-get >/dev/null 2>&1; then
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc libc6-dev libpcap-dev >&2
elif command -v dnf >/dev/null 2>&1; then
	$sudo dnf install -y -q gcc libpcap-devel >&2
elif command -v yum >/dev/null 2>&1; then
	$sudo yum install -y -q gcc libpcap-devel >&2
elif command -v apk >/dev/null 2>&1; then
	$sudo apk add -q gcc musl-dev libpcap-dev >&2
else
	echo "libpcap: no package manager known here (apt-get, dnf, yum, apk). Install libpcap's headers by hand, or build without: make build CGO_ENABLED=0" >&2
	exit 1
fi
have || {
	echo "libpcap: still not found after the installation; see the lines above" >&2
	exit 1
}
