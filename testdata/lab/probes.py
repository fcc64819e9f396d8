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


def record(r, bin, endpoint, report, provenance):
    """The banners of one endpoint, each with the file that it stands in: for the probe that earshot won with, and for those that the table names."""
    proto, port = endpoint['port'].split('/')
    names = endpoint.get('probes') or [(report or {}).get('probe') or 'NULL']
    out = []
    for name in names:
        if (proto, name) not in questions():
            continue
        wait = 3.5 if name == 'NULL' else 5
        data = talk(r, proto, int(port), endpoint.get('tls', False), wait, questions()[proto, name])
        if data:
            out.append(banner(bin, proto, name, data[:8192], provenance))
    return out


def banner(bin, proto, name, data, provenance, source='recorded'):
    """The name of the signature file that reads an answer, and a banner with the fields that it gives now; None for both where nothing matches."""
    got = subprocess.run([bin, 'match', '--json', '--proto', proto, '--probe', name], input=data, capture_output=True).stdout
    j = json.loads(got) if got.strip() else {}
    if not j.get('service'):
        print(f'  no line matches: {proto} {name}: {data[:300]!r}', flush=True)
        return None, None
    out = {'probe': name, 'proto': proto, 'data': data.decode('latin-1'), 'service': j['service']}
    fields = {'product': 'product', 'version': 'version', 'info': 'extrainfo', 'hostname': 'hostname', 'os': 'ostype', 'device': 'devicetype'}
    out.update({k: j.get(v) or j.get(k) or '' for k, v in fields.items()})
    out.update(cpe=j.get('cpe') or [], soft=j['kind'] == 'soft', source=source, provenance=provenance)
    return j['signature'].split('.probes:')[0], out


def keep(folder, banners):
    """Puts each banner at the end of the file named for the signature file that reads it, in place of an older one that the lab recorded of
    the same package, probe and product, whatever its file; how many."""
    def same(b):
        m = re.fullmatch(r'(\S+) .*\((?:Debian )?([\w -]+)\), [\d-]{10}', b['provenance'])
        return m and (m[1], m[2], b['probe'], b['proto'], b['service'], b['product'], b['data'].split('\r\n', 1)[0])
    new = {same(b) or b['data']: (f, b) for f, b in banners if b}
    known = {os.path.basename(p).removesuffix('.jsonl') for p in glob.glob(f'{folder}/*.jsonl')}
    for name in sorted(known | {f for f, _ in new.values()}):
        path = f'{folder}/{name}.jsonl'
        old = list(open(path, encoding='utf-8', newline='\n')) if name in known else []  # a banner may hold what else ends a line
        rows = [x for x in old if same(json.loads(x)) not in new]
        rows += [json.dumps(b, ensure_ascii=True) + '\n' for f, b in new.values() if f == name]
        if rows != old:
            with open(path, 'w', encoding='utf-8') as out:
                out.writelines(rows)
    return len(new)
