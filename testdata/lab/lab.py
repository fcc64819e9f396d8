#!/usr/bin/env python3
"""The lab: real servers from Debian packages, each alone in a network namespace of its own, asked by earshot and scored.

    lab.py run [NAME…]       install, start, ask, score, stop          (make lab; NAMES="a b" for some)
    lab.py record [NAME…]    the same, and keep what they said in testdata/banners
    lab.py list              the servers of servers/*.toml
    lab.py say NAME…         what its ports answer to --ask PROBES (default NULL and GetRequest), as Python's bytes
    lab.py shell NAME        a shell beside the running server, to try things

Needs root, debootstrap (or bases made already), iproute2, util-linux; tcpdump and curl for the passive half.
EARSHOT_LAB_CACHE  where chroots are kept (default /var/cache/earshot-lab), some 100 MB a server
EARSHOT_LAB_BASE   a folder with base-bookworm, base-trixie, … by debootstrap --variant=minbase; only read from
"""
import argparse, concurrent.futures, glob, json, os, re, shutil, signal, subprocess, sys, tempfile, threading, time, tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import probes  # noqa: E402  (beside this file)

TOP = os.path.dirname(os.path.dirname(HERE))
CACHE = os.environ.get('EARSHOT_LAB_CACHE', '/var/cache/earshot-lab')
BASE = os.environ.get('EARSHOT_LAB_BASE', CACHE)
MIRROR = os.environ.get('EARSHOT_LAB_MIRROR', 'http://deb.debian.org')
PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games'
ENV = {'PATH': PATH, 'LC_ALL': 'C', 'HOME': '/root', 'DEBIAN_FRONTEND': 'noninteractive', 'PYTHONDONTWRITEBYTECODE': '1'}

# What runs first in every namespace: a root of layers (left is topmost), the devices that a program may expect, a loopback.
ENTER = r'''
set -e
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$UPPER,workdir=$WORK" "$ROOT"
mount -t tmpfs -o mode=755 tmpfs "$ROOT/dev"
for d in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "$ROOT/dev/${d%:*}" c 1 "${d#*:}"; done; mknod -m 666 "$ROOT/dev/tty" c 5 0
mkdir "$ROOT/dev/pts" "$ROOT/dev/shm"; mount -t devpts -o newinstance,ptmxmode=0666 devpts "$ROOT/dev/pts"; ln -s pts/ptmx "$ROOT/dev/ptmx"
ln -s /proc/self/fd "$ROOT/dev/fd"; ln -s /proc/self/fd/0 "$ROOT/dev/stdin"; ln -s /proc/self/fd/1 "$ROOT/dev/stdout"; ln -s /proc/self/fd/2 "$ROOT/dev/stderr"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/dev/shm"
mount -t proc proc "$ROOT/proc"
hostname lab
if [ -n "$LONELY" ]; then ip link set lo up; printf '127.0.0.1 localhost lab lab.test\n::1 localhost\n' >"$ROOT/etc/hosts"
else cat /etc/resolv.conf >"$ROOT/etc/resolv.conf"; printf '127.0.0.1 lab.test lab localhost\n' >"$ROOT/etc/hosts"; fi
exec chroot "$ROOT" /bin/bash -c "$SCRIPT"
'''
TALK = r'talk() { exec 3<>/dev/tcp/127.0.0.1/$1; shift; for l; do timeout .5 cat <&3; printf "$l\r\n" >&3; done; timeout .5 cat <&3; exec 3>&-; }; '
LOCK = threading.Lock()


def servers():
    """Every [[server]] of servers/*.toml, with what may be left out filled in."""
    out = []
    for f in sorted(glob.glob(HERE + '/servers/*.toml')):
        with open(f, 'rb') as h:
            for s in tomllib.load(h)['server']:
                s.setdefault('suite', 'bookworm')
                s.setdefault('image', s['name'])
                s.setdefault('files', {})
                s.setdefault('endpoint', [])
                s['family'] = os.path.basename(f)[:-5]
                if 'suites' in s:  # one server in each of several releases
                    out += [dict(s, suite=x, name=s['name'] + '-' + x) for x in s['suites']]
                else:
                    out.append(s)
    names = [s['name'] for s in out]
    twice = {n for n in names if names.count(n) > 1}
    if twice:
        sys.exit(f'lab: named twice: {" ".join(sorted(twice))}')
    return out


def enter(name, lower, upper, script, lonely, log):
    """Starts SCRIPT in a root of LOWER and UPPER, in new namespaces; what it starts dies with it."""
    run = f'{CACHE}/run/{name}'
    for d in (upper, run + '/work', run + '/root'):
        os.makedirs(d, exist_ok=True)
    env = dict(ENV, LOWER=':'.join(lower), UPPER=upper, WORK=run + '/work', ROOT=run + '/root', SCRIPT=script, LONELY='1' if lonely else '')
    kinds = '-mpuif' + ('n' if lonely else '')
    return subprocess.Popen(['unshare', kinds, '--kill-child', '/bin/bash', '-c', ENTER], env=env, stdin=subprocess.DEVNULL,
                            stdout=log, stderr=subprocess.STDOUT, start_new_session=True)


def release(suite):
    """The release that a suite stands on: that of the backports, and sid for experimental."""
    return 'sid' if suite == 'experimental' else suite.removesuffix('-backports')


def suite_layers(suite):
    """The layers of a suite alone: debootstrap's, and above it apt's lists and that nothing is started at installation."""
    under = release(suite)
    base, top = f'{BASE}/base-{under}', f'{CACHE}/suite-{suite}'
    with LOCK:
        if not os.path.exists(base + '/etc/debian_version'):
            subprocess.run(['debootstrap', '--variant=minbase', under, base, MIRROR + '/debian'], check=True, stdout=subprocess.DEVNULL)
        if not os.path.exists(top + '/lab-ready'):
            shutil.rmtree(top, ignore_errors=True)
            script = f'''
            printf '%s\\n' 'deb {MIRROR}/debian {under} main' >/etc/apt/sources.list
            case {under} in bullseye|sid) ;; *) printf '%s\\n' 'deb {MIRROR}/debian-security {under}-security main' 'deb {MIRROR}/debian {under}-updates main' >>/etc/apt/sources.list ;; esac
            [ {suite} = {under} ] || echo 'deb {MIRROR}/debian {suite} main' >>/etc/apt/sources.list
            echo 'Acquire::Languages "none"; Acquire::Check-Valid-Until "false";' >/etc/apt/apt.conf.d/lab; printf '%s\\n' force-unsafe-io force-confold 'path-exclude=/usr/share/doc/*' 'path-exclude=/usr/share/man/*' 'path-exclude=/usr/share/locale/*' >/etc/dpkg/dpkg.cfg.d/lab
            printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d
            apt-get update && apt-get install -y --no-install-recommends procps openssl ca-certificates && apt-get clean && touch /lab-ready'''
            with open(f'{CACHE}/log/suite-{suite}', 'w') as log:
                enter('suite-' + suite, [base], top, script, False, log).wait()
            if not os.path.exists(top + '/lab-ready'):
                raise RuntimeError(f'{suite} cannot be made ready; see {CACHE}/log/suite-{suite}')
    return [top, base]


def image(srv, everything):
    """The layers of a server: its image holds the packages of every server that names it."""
    lower = suite_layers(srv['suite'])
    top = f'{CACHE}/image-{srv["suite"]}-{srv["image"]}'
    want = sorted({p for s in everything if (s['image'], s['suite']) == (srv['image'], srv['suite']) for p in s.get('packages', [])})
    keep = sorted({f'-o Dpkg::Options::=--path-include={s["keep"]}' for s in everything if (s['image'], s['suite']) == (srv['image'], srv['suite']) and 'keep' in s})
    pins = f'printf "Package: {" ".join(want)}\\nPin: release {"a" if srv["suite"] == "experimental" else "n"}={srv["suite"]}\\nPin-Priority: 990\\n" >/etc/apt/preferences.d/lab' if release(srv['suite']) != srv['suite'] else ''
    stamp = top + '/lab-packages'
    with LOCK:
        lock = IMAGES.setdefault(top, threading.Lock())
    with lock:
        have = open(stamp).read().split() if os.path.exists(stamp) else []
        if set(want) - set(have):
            script = f'''
            {pins}
            for p in {" ".join(want)}; do
              if [ -n "$(apt-cache madison "$p")" ]; then have="$have $p"; else echo "lab: no package $p"; fi
            done
            apt-get install -y --no-install-recommends {' '.join(keep)} $have && apt-get clean && echo {" ".join(want)} >/lab-packages'''
            name = f'image-{srv["suite"]}-{srv["image"]}'
            with open(f'{CACHE}/log/{name}', 'w') as log:
                code = enter(name, lower, top, script, False, log).wait()
            if code:
                raise RuntimeError(f'not installed, see {CACHE}/log/{name}')
        if srv.get('packages') and not os.path.exists(f'{top}/var/lib/dpkg/info/{srv["packages"][0]}.list') and \
           not glob.glob(f'{top}/var/lib/dpkg/info/{srv["packages"][0]}:*.list') and srv['packages'][0] not in ('python3', 'openssl'):
            raise RuntimeError(f'{srv["packages"][0]} is not in {srv["suite"]}')
    return elsewhere(srv) + [top] + lower


def elsewhere(srv):
    """The layers of what is not from Debian: npm = "package@version" in /opt/npm, go = "module/cmd@version" in /usr/local/bin."""
    out = []
    for kind, make in (('npm', npm), ('go', gomod)):
        if kind not in srv:
            continue
        top = f'{CACHE}/{kind}-{srv["name"]}'
        if not os.path.exists(top + '/lab-source'):
            shutil.rmtree(top, ignore_errors=True)
            os.makedirs(top)
            log = f'{CACHE}/log/{kind}-{srv["name"]}'
            with open(log, 'w') as f:
                try:
                    what = make(srv, top, f)
                except subprocess.CalledProcessError:
                    raise RuntimeError(f'not installed, see {log}') from None
            with open(top + '/lab-source', 'w') as f:
                f.write(what)
        out.append(top)
    return out


def npm(srv, top, log):
    """Installs packages into /opt/npm; NAME VERSION of the first."""
    prefix, what = top + '/opt/npm', srv['npm'].split()
    os.makedirs(prefix)
    subprocess.run(['npm', 'install', '--prefix', prefix, '--ignore-scripts', '--no-audit', '--no-fund', *what], cwd=top, stdout=log, stderr=log, check=True)
    name = what[0][:what[0].rindex('@')] if '@' in what[0][1:] else what[0]
    with open(f'{prefix}/node_modules/{name}/package.json') as f:
        return f'{name} {json.load(f)["version"]}'


def gomod(srv, top, log):
    """Builds commands into /usr/local/bin, or the server of srv["main"] out of modules; NAME VERSION of the first module.

    In a module of its own, not by go install: that refuses every module that replaces one of its requirements.
    """
    src, out = top + '/src', top + '/usr/local/bin/'
    os.makedirs(src)
    os.makedirs(out)
    env = dict(os.environ, CGO_ENABLED='0', GOFLAGS='-p=2 -mod=mod', GOWORK='off')

    def go(*cmd, **more):
        return subprocess.run(['go', *cmd], env=env, cwd=src, stderr=log, check=True, text=True, **more).stdout
    go('mod', 'init', 'lab.test/server')
    what = srv['go'].split()
    for w in what:
        go('get', w)
        if 'main' not in srv:
            go('build', '-o', out, w.rpartition('@')[0])
    if 'main' in srv:
        with open(src + '/main.go', 'w') as f:
            f.write(srv['main'])
        go('build', '-o', out, '.')
    first = what[0].rpartition('@')[0]
    said = go('list', '-m', '-f', '{{.Path}} {{.Version}}', first, stdout=subprocess.PIPE) if 'main' in srv else \
        go('list', '-f', '{{.Module.Path}} {{.Module.Version}}', first, stdout=subprocess.PIPE)
    shutil.rmtree(src)
    name, version = said.split()
    return f'{name} {version.removeprefix("v")}'


IMAGES = {}


class Running:
    """One server, started; its namespace is entered by the pid of its first process."""

    def __init__(self, srv, everything):
        self.srv, self.dir = srv, f'{CACHE}/run/{srv["name"]}'
        lower = image(srv, everything)
        shutil.rmtree(self.dir, ignore_errors=True)
        upper = self.dir + '/up'
        for path, text in srv['files'].items():
            p = upper + path
            os.makedirs(os.path.dirname(p), exist_ok=True)
            with open(p, 'w') as f:
                f.write(text)
            os.chmod(p, 0o755 if text.startswith('#!') else 0o644)
        self.log = open(f'{CACHE}/log/{srv["name"]}', 'w')
        self.proc = enter(srv['name'], lower, upper, srv['start'] + '\nsleep 86400', True, self.log)
        self.pid = self.child()

    def child(self):
        for _ in range(100):
            try:
                kids = open(f'/proc/{self.proc.pid}/task/{self.proc.pid}/children').read().split()
            except OSError:
                kids = []
            if kids and os.readlink(f'/proc/{kids[0]}/ns/net') != os.readlink('/proc/self/ns/net'):
                return int(kids[0])
            time.sleep(.05)
        raise RuntimeError(f'did not start, see {CACHE}/log/{self.srv["name"]}')

    def inside(self, *cmd):
        """The command line that runs CMD of this machine in the server's network."""
        return ['nsenter', '-t', str(self.pid), '-n', *cmd]

    def client(self, script):
        """The command line that runs SCRIPT in the server's network and root; talk PORT LINE… is a client of a protocol of lines."""
        script = TALK + script
        return ['nsenter', '-t', str(self.pid), '-n', '-m', '-p', '-u', 'chroot', self.dir + '/root', '/bin/bash', '-c', script]

    def ports(self):
        """What it listens on: {(proto, port)}, by the kernel's tables."""
        out = set()
        for proto, state in (('tcp', '0A'), ('tcp6', '0A'), ('udp', '07'), ('udp6', '07')):
            try:
                lines = open(f'/proc/{self.pid}/net/{proto}').read().splitlines()[1:]
            except OSError:
                lines = []
            for w in (x.split() for x in lines):
                addr, port = w[1].split(':')
                loops = ('00000000', '0100007F', '0' * 32, '0000000000000000FFFF00000100007F')
                if w[3] == state and addr in loops and w[2].endswith(':0000'):
                    out.add((proto[:3], int(port, 16)))
        return out

    def ready(self):
        """Waits until every port of the table is listened on; says which are not."""
        want = {key(e) for e in self.srv['endpoint']}
        limit = time.monotonic() + self.srv.get('wait', 40)
        while time.monotonic() < limit and self.proc.poll() is None:
            if want and want <= self.ports():
                break
            time.sleep(.3)
        time.sleep(self.srv.get('settle', 1.5))
        return sorted(want - self.ports())

    def version(self, package):
        """The version of an installed package, with its name, and that of its makers alone."""
        for kind in ('npm', 'go'):
            if kind in self.srv:
                with open(f'{CACHE}/{kind}-{self.srv["name"]}/lab-source') as f:
                    name, v = f.read().split()
                return f'{name} {v} ({ {"npm": "npm", "go": "Go module"}[kind] })', v
        out = subprocess.run(self.client(f"dpkg-query -W -f='${{Version}}' {package}"), capture_output=True, text=True, env=ENV).stdout.strip()
        return f'{package} {out} (Debian {self.srv["suite"]})', re.sub(r'(?:[+~](?:really|dfsg|ds|git|deb|repack|debian)|-\d[^-]*$|[.+]dfsg).*', '', re.sub(r'-[^-]*$', '', out.split(':')[-1]))

    def stop(self):
        self.proc.kill()  # its child dies with it (--kill-child), and with that the namespaces
        if self.pid:
            try:
                os.kill(self.pid, signal.SIGKILL)  # a daemon that has taken the place of the first process, and another user, has not
            except ProcessLookupError:
                pass
        self.proc.wait()
        self.log.close()


def key(endpoint):
    proto, port = endpoint['port'].split('/')
    return proto, int(port)


def ask(r, args):
    """What earshot says of each port, asked; {(proto, port): record}."""
    want = {key(e) for e in r.srv['endpoint']}
    other = {p for p in r.ports() if p not in want and p[1] not in r.srv.get('ignore', [])}
    ports = ','.join(f'{p[0].upper()}:{n}' for p, n in sorted(want | {p for p in other if p[0] == 'tcp'}))
    if not ports:
        return {}
    cmd = r.inside(args.bin, 'probe', '-q', '--Pn', '-p', ports, '-oJ', '-', *r.srv.get('flags', []), '127.0.0.1')
    done = subprocess.run(cmd, capture_output=True, text=True)
    if done.returncode > 1:
        raise RuntimeError(f'earshot: {done.stderr[:300]}')
    return records(done.stdout)


def records(text):
    out = {}
    for line in text.splitlines():
        j = json.loads(line)
        if j['type'] == 'service' and j['state'].startswith('open'):
            out[j['proto'], j['port']] = j
    return out


def hear(r, args):
    """What earshot hears when a real client uses the server; {(proto, port): record}."""
    pcap = r.dir + '/heard.pcap'
    dump = subprocess.Popen(r.inside('tcpdump', '-i', 'lo', '-U', '--immediate-mode', '-s', '0', '-w', pcap), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    dump.stderr.readline()
    for e in r.srv['endpoint']:
        proto, port = key(e)
        if 'client' in e:
            subprocess.run(['timeout', '20'] + r.client(e['client']), env=ENV, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        elif (listed(e.get('service')) or [''])[0].startswith('http'):
            scheme = 'https' if e.get('tls') else 'http'
            subprocess.run(r.inside('curl', '-sk', '-m', '10', '-o', '/dev/null', f'{scheme}://127.0.0.1:{port}/'))
    time.sleep(.5)
    dump.terminate()
    dump.wait()
    return records(subprocess.run([args.bin, 'listen', '-q', '-oJ', '-', '-r', pcap], capture_output=True, text=True).stdout)


def nmap(r):
    """What nmap -sV says of each port of the table."""
    out = {}
    for e in r.srv['endpoint']:
        proto, port = key(e)
        cmd = r.inside('nmap', '-sS' if proto == 'tcp' else '-sU', '-sV', '-n', '-Pn', '-p', str(port), '-oX', '-', '127.0.0.1')
        m = re.search(r'<service ([^>]*)', subprocess.run(cmd, capture_output=True, text=True).stdout)
        a = dict(re.findall(r'(\w+)="([^"]*)"', m[1])) if m else {}
        if a.get('method') == 'probed':
            out[proto, port] = {'service': a.get('name', ''), 'product': a.get('product', ''), 'version': a.get('version', ''), 'method': 'active'}
    return out


def judge(e, j, upstream):
    """'right', 'missing', 'wrong' or '-' (nothing to know) for service, product and version."""
    if not j or j.get('method') == 'table':
        j = {}
    got = [j.get('service', ''), j.get('product', ''), j.get('version', '')]
    services, products = listed(e.get('service')), listed(e.get('product'))
    res = ['-'] * 3
    if services:
        res[0] = 'right' if got[0] in services else 'wrong' if got[0] and got[0] not in ('ssl', 'http', 'tcpwrapped') else 'missing'
    if products:
        res[1] = 'missing' if not got[1] else 'right' if any(p.lower() in got[1].lower() for p in products) else 'wrong'
    v = e.get('version', True)
    want = upstream if v is True else v or ''
    if got[2] and want and products:
        res[2] = 'right' if same(got[2], want) else 'wrong'
    elif want and products:
        res[2] = 'missing'
    elif got[2] and not listed(e.get('loose')):
        res[2] = 'right' if same(got[2], upstream) else 'wrong'
    return res, got


def listed(x):
    return x if isinstance(x, list) else [x] if x else []


def same(got, want):
    """One is the beginning of the other, up to the end of a word."""
    a, b = sorted((got.lstrip('v'), want.lstrip('v')), key=len)
    return b == a or (b.startswith(a) and not b[len(a)].isalnum())


def one(srv, everything, args):
    """Runs one server; (lines to print, judgements by kind, banners)."""
    lines, score, keep = [], [], []
    try:
        r = Running(srv, everything)
    except (RuntimeError, OSError, subprocess.SubprocessError) as err:
        return [f'{srv["name"]:20} {err}'], [], []
    try:
        late = r.ready()
        if late:
            lines.append(f'{srv["name"]:20} not listening: {" ".join(f"{p}/{n}" for p, n in late)}, see {CACHE}/log/{srv["name"]}; listens: {sorted(r.ports())}')
        if args.what == 'say':
            return lines + probes.say(r, args.ask.split(',')), score, keep
        kinds = [('active', ask(r, args))]
        if args.hear:
            kinds.append(('heard', hear(r, args)))
        if args.nmap:
            kinds.append(('nmap', nmap(r)))
        for e in srv['endpoint']:
            package = e.get('package', srv['packages'][0] if srv.get('packages') else '')
            full, upstream = r.version(package) if package else ('', '')
            for kind, found in kinds:
                j = found.get(key(e))
                if key(e) in late:
                    continue
                res, got = judge(e, j, upstream)
                score.append((kind, res))
                lines.append(f'{srv["name"]:20} {e["port"]:10} {kind:6} {"/".join(res):24} {" | ".join(got)} | {(j or {}).get("extrainfo", "")}'
                             f' [{(j or {}).get("probe", "")} {(j or {}).get("signature", "")}] dpkg {upstream}')
            if args.what == 'record' and key(e) not in late:
                keep += probes.record(r, args.bin, e, kinds[0][1].get(key(e)), f'{full}, {time.strftime("%F")}')
        for p in sorted(set(kinds[0][1]) - {key(e) for e in srv['endpoint']}):
            j = kinds[0][1][p]
            lines.append(f'{srv["name"]:20} {p[0]}/{p[1]:<6} also: {j.get("service")} | {j.get("product", "")} | {j.get("version", "")} | {j.get("extrainfo", "")} [{j.get("method")}]')
        if args.what == 'shell':
            subprocess.run(['nsenter', '-t', str(r.pid), '-n', '-m', '-p', '-u', 'chroot', r.dir + '/root', '/bin/bash'], env=ENV)
        if args.what == 'exec':
            subprocess.run(r.inside('/bin/bash', '-c', args.exec))
    finally:
        r.stop()
        shutil.rmtree(r.dir + '/up', ignore_errors=True)
    return lines, score, keep


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('what', choices=('run', 'record', 'list', 'say', 'shell', 'exec'))
    a.add_argument('name', nargs='*')
    a.add_argument('--bin', default=TOP + '/bin/earshot')
    a.add_argument('--jobs', type=int, default=2, help='servers at a time')
    a.add_argument('--nmap', action='store_true', help='nmap -sV as well')
    a.add_argument('--hear', action='store_true', help='listen to a real client as well')
    a.add_argument('--ask', default='NULL,GetRequest', help='with say: names of probes')
    a.add_argument('--exec', default='', help='with exec: a command to run in the network of the server')
    args = a.parse_intermixed_args()
    everything = servers()
    some = [s for s in everything if not args.name or s['name'] in args.name or s['family'] in args.name]
    if args.what == 'list':
        for s in some:
            print(f'{s["family"]:10} {s["name"]:20} {s["suite"]:9} {" ".join(s.get("packages", []))}: {" ".join(e["port"] for e in s["endpoint"])}')
        return 0
    if os.geteuid():
        print('lab: skipped, needs root for chroots and network namespaces')
        return 0
    base = [s['suite'] for s in some if not os.path.exists(f'{BASE}/base-{s["suite"]}')]
    if base and not shutil.which('debootstrap'):
        print('lab: skipped, needs debootstrap (Debian: apt-get install debootstrap)')
        return 0
    for d in ('log', 'run'):
        os.makedirs(f'{CACHE}/{d}', exist_ok=True)
    total, banners = {}, []
    with concurrent.futures.ThreadPoolExecutor(1 if args.what in ('shell', 'exec') else args.jobs) as pool:
        for lines, score, keep in pool.map(lambda s: one(s, everything, args), some):
            print('\n'.join(lines), flush=True)
            banners += keep
            for kind, res in score:
                t = total.setdefault(kind, [[0, 0, 0] for _ in res])
                for n, x in zip(t, res):
                    if x != '-':
                        n[('right', 'missing', 'wrong').index(x)] += 1
    for kind, t in total.items():
        print(f'== {kind}: ' + '; '.join(f'{w} {n[0]} right, {n[1]} missing, {n[2]} wrong' for w, n in zip(('service', 'product', 'version'), t)))
    if args.what == 'record':
        print(f'== {probes.keep(TOP + "/testdata/banners", banners)} banners kept')
    return 0


if __name__ == '__main__':
    sys.exit(main())
