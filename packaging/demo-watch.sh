#!/usr/bin/env bash
# demo-watch.sh EARSHOT: a network of real servers and real clients in namespaces, and a sensor on a mirror port that listens and asks
# (earshot watch). Root, on Debian or one of its kin. The servers are installed by apt into a Debian of their own (debootstrap) in
# EARSHOT_DEMO_CACHE (/var/cache/earshot-demo, 1 GB), so that the machine itself stays as it is. SECONDS_TO_WATCH (100) is for how long the
# sensor listens; EARSHOT_DEMO_KEEP=1 keeps state and ledger in a folder that is named at the end.
set -euo pipefail
bin=$(readlink -f "${1:-bin/earshot}")
watch=${SECONDS_TO_WATCH:-100}
cache=${EARSHOT_DEMO_CACHE:-/var/cache/earshot-demo}
say() { printf '\033[1m== %s\033[0m\n' "$*"; }
[ "$(id -u)" = 0 ] || { echo "demo-watch: needs root: it makes network namespaces"; exit 1; }
for p in unshare:util-linux ip:iproute2 tc:iproute2 apt-get:apt; do
	command -v "${p%:*}" >/dev/null || { echo "demo-watch: needs ${p%:*} (Debian: apt-get install ${p#*:})"; exit 1; }
done
if [ "${EARSHOT_DEMO_INSIDE:-}" != 1 ]; then # its own mounts, and no process outlives it
	mkdir -p "$cache"
	exec 9>"$cache/lock"
	flock -n 9 || { echo "demo-watch: another one is running"; exit 1; }
	EARSHOT_DEMO_INSIDE=1 exec unshare --mount --uts --pid --fork --kill-child --mount-proc "$0" "$bin"
fi

packages="openssh-server nginx-light lighttpd apache2 postfix dovecot-imapd bind9 redis-server memcached mariadb-server proftpd-core mosquitto squid chrony
	openssh-client curl bind9-dnsutils redis-tools mosquitto-clients mariadb-client ntpdate"
id=ed$$
work=$(mktemp -d "${TMPDIR:-/tmp}/earshot-demo.XXXXXX")
root=$work/root
spaces=()
finish() {
	code=$?
	trap '' INT TERM
	set +e
	for n in "${spaces[@]}"; do # what we started, and nobody else lives there
		pids=$(ip netns pids "$n" 2>/dev/null)
		[ -n "$pids" ] && kill $pids 2>/dev/null
	done
	sleep 1
	for n in "${spaces[@]}"; do
		pids=$(ip netns pids "$n" 2>/dev/null)
		[ -n "$pids" ] && kill -9 $pids 2>/dev/null
		ip netns del "$n"
	done
	umount -R "$root" 2>/dev/null
	if [ "${EARSHOT_DEMO_KEEP:-}" = 1 ]; then rm -rf --one-file-system "$work/root" "$work/up" "$work/layer"; echo "kept: $work"; else rm -rf --one-file-system "$work"; fi
	exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM

# 1. The servers' programs: a Debian of their own below $cache, and above it a layer for this run.
[ -n "$(find "$cache" -maxdepth 1 -name 'ready-*')" ] || command -v debootstrap >/dev/null || apt-get install -yq --no-install-recommends debootstrap >"$cache/apt.log" 2>&1 ||
	{ echo "demo-watch: cannot install debootstrap, see $cache/apt.log"; exit 1; }
suite=bookworm
debian=$cache/$suite
ready=$cache/ready-$suite-$(echo "$packages" | cksum | cut -d' ' -f1)
furnish() { # what programs expect to find below $root
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs tmpfs "$root/run"
	hostname demo
	printf '127.0.0.1 localhost demo\n' >"$root/etc/hosts"
	cat /etc/resolv.conf >"$root/etc/resolv.conf"
}
mkdir -p "$root"
if [ ! -e "$ready" ]; then
	say "installing a Debian with real servers into $debian (once): some minutes"
	[ -e "$debian/etc/debian_version" ] || { rm -rf "$debian.new"; debootstrap --variant=minbase "$suite" "$debian.new" http://deb.debian.org/debian >"$cache/apt.log" 2>&1 && mv "$debian.new" "$debian"; } ||
		{ tail -3 "$cache/apt.log"; echo "demo-watch: debootstrap failed, see $cache/apt.log"; exit 1; }
	mount --bind "$debian" "$root"
	furnish
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # nothing is started by its installation
	chmod 755 "$root/usr/sbin/policy-rc.d"
	chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C sh -c "apt-get update -q && apt-get install -yq --no-install-recommends $(echo $packages) && apt-get clean" >"$cache/apt.log" 2>&1 ||
		{ tail -5 "$cache/apt.log"; echo "demo-watch: apt-get failed, see $cache/apt.log"; exit 1; }
	umount -R "$root"
	touch "$ready"
fi
mkdir -p "$work/up" "$work/layer"
mount -t overlay overlay -o "lowerdir=$debian,upperdir=$work/up,workdir=$work/layer" "$root" || { echo "demo-watch: no overlay mount here: set TMPDIR to a folder on a disk"; exit 1; }
furnish

# 2. The network: a switch with a mirror of every port, hosts on it, and a sensor that has one port to hear and one to ask.
sw=$id-switch
space() { ip netns add "$id-$1"; spaces+=("$id-$1"); ip -n "$id-$1" link set lo up; }
host() { # NAME ADDRESS: a host on the switch
	space "$1"
	ip -n "$id-$1" link add eth0 type veth peer name "$1" netns "$sw"
	ip -n "$id-$1" addr add "$2/24" dev eth0
	ip -n "$id-$1" link set eth0 up
	ip netns exec "$id-$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 || true
	ip -n "$sw" link set "$1" master br0 up
	ip netns exec "$sw" tc qdisc add dev "$1" clsact
	ip netns exec "$sw" tc filter add dev "$1" ingress protocol all u32 match u32 0 0 action mirred egress mirror dev span
}
space switch
ip -n "$sw" link add br0 type bridge
ip -n "$sw" link set br0 up
space sensor
ip -n "$id-sensor" link add span type veth peer name span netns "$sw"
ip -n "$id-sensor" link set span up
ip -n "$sw" link set span up
ip -n "$id-sensor" link add eth0 type veth peer name ask netns "$sw"
ip -n "$id-sensor" addr add 10.88.0.2/24 dev eth0
ip -n "$id-sensor" link set eth0 up
ip -n "$sw" link set ask master br0 up
host client 10.88.0.5
hosts="ssh:11 nginx:12 apache:13 lighttpd:14 postfix:15 dovecot:16 bind:17 redis:18 memcached:19 mariadb:20 proftpd:21 mosquitto:22 squid:23 chrony:24"
for h in $hosts; do host "${h%:*}" "10.88.0.${h#*:}"; done

# 3. The servers, each in its namespace, with configuration and data of its own in $root/demo, in the foreground of a job of ours.
at() { local n=$1; shift; ip netns exec "$id-$n" chroot "$root" "$@"; }
serve() { local n=$1; shift; at "$n" "$@" >"$work/$n.log" 2>&1 </dev/null & }
conf() { mkdir -p "$(dirname "$root/demo/$1")"; cat >"$root/demo/$1"; }
say "starting $(echo $hosts | wc -w) servers, each in a network namespace of its own"
mkdir -p "$root"/run/{sshd,mysqld,proftpd,named,dovecot} "$root"/demo/{mariadb,redis,bind,www,mosquitto,squid}
chmod 777 "$root"/demo/* "$root/run/mysqld" "$root/run/named"
ssh-keygen -qt ed25519 -N '' -f "$root/demo/hostkey" 2>/dev/null || chroot "$root" ssh-keygen -qt ed25519 -N '' -f /demo/hostkey
echo hello >"$root/demo/www/index.html"
serve ssh /usr/sbin/sshd -D -e -f /dev/null -h /demo/hostkey -o PidFile=none
conf nginx.conf <<-X
	daemon off; pid /run/nginx-demo.pid; error_log stderr; events {}
	http { access_log off; server { listen 80; root /demo/www; } }
X
serve nginx nginx -c /demo/nginx.conf
conf apache.conf <<-X
	ServerRoot /etc/apache2
	ServerName apache.demo
	PidFile /run/apache-demo.pid
	Listen 80
	LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
	LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
	DocumentRoot /demo/www
	ErrorLog /dev/stderr
X
serve apache apache2 -f /demo/apache.conf -DFOREGROUND
conf lighttpd.conf <<-X
	server.document-root = "/demo/www"
	server.port = 8080
X
serve lighttpd lighttpd -D -f /demo/lighttpd.conf
mkdir -p "$root/demo/postfix/conf" "$root/demo/postfix/queue" "$root/demo/postfix/data"
chroot "$root" chown postfix /demo/postfix/data 2>/dev/null
cp "$root/etc/postfix/master.cf.proto" "$root/demo/postfix/conf/master.cf"
sed -i 's/^\(smtp .*inet .*\) y \( .*smtpd\)/\1 n \2/' "$root/demo/postfix/conf/master.cf"
conf postfix/conf/main.cf <<-X
	compatibility_level = 3.6
	queue_directory = /demo/postfix/queue
	data_directory = /demo/postfix/data
	command_directory = /usr/sbin
	daemon_directory = /usr/lib/postfix/sbin
	mail_owner = postfix
	setgid_group = postdrop
	myhostname = mail.demo
	inet_interfaces = all
	maillog_file = /dev/stdout
X
serve postfix postfix -c /demo/postfix/conf start-fg
conf dovecot.conf <<-X
	base_dir = /run/dovecot
	protocols = imap
	ssl = no
	log_path = /dev/stderr
	mail_location = maildir:/demo/mail
	passdb {
	  driver = static
	  args = password=demo
	}
	userdb {
	  driver = static
	  args = uid=mail gid=mail home=/demo/mail
	}
X
serve dovecot dovecot -F -c /demo/dovecot.conf
conf bind/named.conf <<-X
	options { directory "/demo/bind"; pid-file none; recursion no; listen-on { any; }; listen-on-v6 { none; }; };
	controls {};
	zone "demo" { type primary; file "/demo/bind/zone"; };
X
conf bind/zone <<-X
	\$TTL 300
	@ IN SOA ns.demo. root.demo. 1 300 300 300 300
	@ IN NS ns.demo.
	ns IN A 10.88.0.17
	www IN A 10.88.0.12
X
serve bind named -g -c /demo/bind/named.conf -u bind
serve redis redis-server --bind 10.88.0.18 --protected-mode no --dir /demo/redis --save ''
serve memcached memcached -u nobody -l 10.88.0.19
chroot "$root" mariadb-install-db --no-defaults --user=mysql --datadir=/demo/mariadb --auth-root-authentication-method=normal >"$work/mariadb-install.log" 2>&1
echo "CREATE USER 'nobody'@'%';" | conf mariadb.sql
serve mariadb mariadbd --no-defaults --user=mysql --datadir=/demo/mariadb --init-file=/demo/mariadb.sql --socket=/run/mysqld/demo.sock --bind-address=10.88.0.20
conf proftpd.conf <<-X
	ServerType standalone
	ServerName demo
	Port 21
	DefaultAddress 10.88.0.21
	UseIPv6 off
	User nobody
	Group nogroup
	PidFile /run/proftpd/demo.pid
	ScoreboardFile /run/proftpd/demo.scoreboard
	DelayTable none
	AuthOrder mod_auth_unix.c
X
serve proftpd proftpd -n -c /demo/proftpd.conf
conf mosquitto.conf <<-X
	listener 1883 10.88.0.22
	allow_anonymous true
X
serve mosquitto mosquitto -c /demo/mosquitto.conf
conf squid.conf <<-X
	http_port 3128
	http_access allow all
	pid_filename none
	cache_log /dev/stderr
	access_log none
	cache_effective_user proxy
	coredump_dir /demo/squid
X
serve squid squid -N -d1 -f /demo/squid.conf
conf chrony.conf <<-X
	local stratum 8
	allow all
	cmdport 0
	pidfile /run/chrony-demo.pid
	driftfile /demo/chrony.drift
X
serve chrony chronyd -d -x -u root -f /demo/chrony.conf
sleep 3

# 4. The sensor, then the clients. Four servers get connections, but nobody says a word to them: a check that their ports are open, as
# monitors do. What they are, listening cannot tell.
say "the sensor listens on the mirror for $watch seconds; what it may ask is 10.88.0.0/24, after 20 s of grace, 10 questions a host"
ip netns exec "$id-sensor" "$bin" watch -i span --ask 10.88.0.0/24 --enough product --grace 20s --host-budget 10 --budget 100/day --state "$work/demo.db" --ledger "$work/ledger.jsonl" \
	--changes "$work/changes.jsonl" -oJ "$work/told.jsonl" -oN "$work/table" >"$work/sensor.out" 2>"$work/sensor.err" </dev/null &
sensor=$!
sleep 2
clients() {
	set +e
	while :; do
		curl -s -o /dev/null http://10.88.0.12/
		curl -s -o /dev/null http://10.88.0.13/
		ssh-keyscan -T 2 10.88.0.11
		curl -s -m 3 smtp://10.88.0.15 --mail-from a@demo --mail-rcpt postmaster@mail.demo -T /demo/www/index.html
		curl -s -m 3 imap://10.88.0.16 -u demo:demo -X NOOP
		dig +short +tries=1 +time=1 @10.88.0.17 www.demo
		redis-cli -h 10.88.0.18 info server
		mariadb -h 10.88.0.20 -u nobody -e 'select 1'
		curl -s -m 3 ftp://10.88.0.21/
		ntpdate -q 10.88.0.24
		for quiet in 14:8080 19:11211 22:1883 23:3128; do
			timeout 2 bash -c "exec 3<>/dev/tcp/10.88.0.${quiet%:*}/${quiet#*:}"
		done
		sleep 4
	done
}
ip netns exec "$id-client" chroot "$root" bash -c "$(declare -f clients); clients" >"$work/clients.log" 2>&1 </dev/null &
clients=$!
begin=$SECONDS
while [ $((SECONDS - begin)) -lt "$watch" ]; do
	sleep 5 & wait $! || true
	kill -0 $sensor 2>/dev/null || { cat "$work/sensor.err"; echo "demo-watch: the sensor ended"; exit 1; }
	printf '%3d s: %s services known by listening, %s by asking\n' $((SECONDS - begin)) \
		"$("$bin" report --state "$work/demo.db" -oJ - | grep -c '"method":"passive"' || true)" "$("$bin" report --state "$work/demo.db" -oJ - | grep -c '"method":"active"' || true)"
done
kill $clients 2>/dev/null || true
kill -INT $sensor
wait $sensor || { cat "$work/sensor.err"; exit 1; }

# 5. What it knows, and all that it sent.
say "what the sensor knows"
grep -v -e '^$' -e '^# ' -e '^Host is up' -e 'scan report for 10.88.0.5$' "$work/table" || true
say "what changed"
"$bin" report --state "$work/demo.db" --changes | tail -8
say "the ledger: every connection and datagram that was sent, and why"
sed -E 's/.*"time":"([^"]*)".*"host":"([^"]*)","port":([0-9]+),"proto":"([a-z]+)","why":"([^"]*)".*"outcome":"([^"]*)".*/\1 \2:\3\/\4 \5 -> \6/' "$work/ledger.jsonl" | sed -E 's/^[^T]*T([0-9:]*)[^ ]*/\1/'
say "questions for each host"
sed -E 's/.*"host":"([^"]*)".*/\1/' "$work/ledger.jsonl" | sort | uniq -c
tail -2 "$work/sensor.err"
