"""Asks a server what a Probe line asks and writes its answer as a line of testdata/banners."""
import functools, glob, json, os, re, subprocess, sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Runs in the server's network: one question, one answer.
TALK = r'''
import socket, ssl, sys, time
proto, port, tls, wait, question = sys.argv[1], int(sys.argv[2]), sys.argv[3] == '1', float(sys.argv[4]), bytes.fromhex(sys.argv[5])
got = b''
if proto == 'udp':
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(('127.0.0.1', port)); s.settimeout(wait); s.send(question)
    try: got = s.recv(65535)
    except OSError: pass
else:
    s = socket.create_connection(('127.0.0.1', port), 5)
    if tls:
        c = ssl._create_unverified_context(); c.minimum_version = ssl.TLSVersion.TLSv1
        s = c.wrap_socket(s)
    if question: s.sendall(question)
    end = time.monotonic() + wait
    while time.monotonic() < end and len(got) < 1 << 20:
        s.settimeout(max(.1, min(end - time.monotonic(), 1 if got else wait)))
        try: b = s.recv(65536)
        except OSError: break
        if not b: break
        got += b
sys.stdout.write(got.hex())
'''


@functools.cache
def questions():
    """{(proto, name): bytes} of every Probe line of the embedded signatures."""
    out = {('tcp', 'NULL'): b''}
    for f in sorted(glob.glob(TOP + '/data/probes/*.probes')):
        for line in open(f, encoding='latin-1'):
            m = re.match(r'Probe (TCP|UDP) (\S+) q(.)(.*)', line)
            if m and m[2] != 'NULL':
                out[m[1].lower(), m[2]] = unescape(m[4][:m[4].rindex(m[3])])
    return out


def unescape(text):
    one = {'0': 0, 'a': 7, 'b': 8, 't': 9, 'n': 10, 'v': 11, 'f': 12, 'r': 13}

    def sub(m):
        return chr(int(m[1], 16)) if m[1] else chr(one.get(m[2], ord(m[2])))
    return re.sub(r'\\(?:x([0-9a-fA-F]{2})|(.))', sub, text, flags=re.S).encode('latin-1')


def talk(r, proto, port, tls, wait, question):
    cmd = r.inside(sys.executable, '-c', TALK, proto, str(port), '1' if tls else '0', str(wait), question.hex())
    return bytes.fromhex(subprocess.run(cmd, capture_output=True, text=True).stdout or '')


def say(r, names):
    """What each TCP port, and each port of the table, answers to the probes of these names."""
    out = []
    table = {tuple(e['port'].split('/')): e for e in r.srv['endpoint']}
    for proto, port in sorted({(p, str(n)) for p, n in r.ports() if p == 'tcp'} | set(table)):
        for name in names:
            if (proto, name) in questions():
                data = talk(r, proto, int(port), table.get((proto, port), {}).get('tls', False), 3.5, questions()[proto, name])
                out.append(f'{r.srv["name"]} {proto}/{port} {name}: {data[:3000]!r}')
    return out


def record(r, bin, endpoint, report, provenance, family):
    """The banners of one endpoint: for the probe that earshot won with, and for those that the table names."""
    proto, port = endpoint['port'].split('/')
    names = endpoint.get('probes') or [(report or {}).get('probe') or 'NULL']
    out = []
    for name in names:
        if (proto, name) not in questions():
            continue
        wait = 3.5 if name == 'NULL' else 5
        data = talk(r, proto, int(port), endpoint.get('tls', False), wait, questions()[proto, name])
        if data:
            out.append((family, banner(bin, proto, name, data[:8192], provenance)))
    return out


def banner(bin, proto, name, data, provenance, source='recorded'):
    """A banner with the fields that the signatures give it now; None where nothing matches."""
    got = subprocess.run([bin, 'match', '--json', '--proto', proto, '--probe', name], input=data, capture_output=True).stdout
    j = json.loads(got) if got.strip() else {}
    if not j.get('service'):
        print(f'  no line matches: {proto} {name}: {data[:300]!r}', flush=True)
        return None
    out = {'probe': name, 'proto': proto, 'data': data.decode('latin-1'), 'service': j['service']}
    fields = {'product': 'product', 'version': 'version', 'info': 'extrainfo', 'hostname': 'hostname', 'os': 'ostype', 'device': 'devicetype'}
    out.update({k: j.get(v) or j.get(k) or '' for k, v in fields.items()})
    out.update(cpe=j.get('cpe') or [], soft=j['kind'] == 'soft', source=source, provenance=provenance)
    return out


def keep(folder, banners):
    """Appends the banners to lab-FAMILY.jsonl, in place of those of the same package, probe and product; how many."""
    n = 0
    for family in sorted({f for f, b in banners if b}):
        path = f'{folder}/lab-{family}.jsonl'
        old = [json.loads(x) for x in open(path, encoding='utf-8')] if os.path.exists(path) else []

        def same(b):
            head = b['data'].split('\r\n', 1)[0]
            return b['provenance'].split(' (')[0].split()[0], re.search(r'\(([^)]*)\)', b['provenance'])[1], b['probe'], b['proto'], b['service'], b['product'], head
        new = [b for f, b in banners if b and f == family]
        old = [b for b in old if same(b) not in {same(x) for x in new}]
        rows = {same(b): b for b in old + new}
        n += len(new)
        with open(path, 'w', encoding='utf-8') as f:
            for b in rows.values():
                f.write(json.dumps(b, ensure_ascii=True) + '\n')
    return n
