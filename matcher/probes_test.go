package matcher

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"earshot/matcher/request"
)

// nmapFile returns an installed nmap's probe file, or skips the test.
func nmapFile(t testing.TB) string {
	t.Helper()
	p := FindNmap()
	if p == "" {
		t.Skip("no nmap is installed")
	}
	return p
}

func TestInstalledNmapFile(t *testing.T) {
	path := nmapFile(t)
	f, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if f.String() != string(want) {
		t.Error("the file printed from its parts differs from what was read")
	}
	db, err := New(Options{Validate: true}, f)
	if err != nil {
		t.Fatal(err)
	}
	if len(db.Probes()) < 100 || len(db.Lines()) < 10000 || db.Null() == nil {
		t.Errorf("too little was read: %v", db)
	}
	if !db.Excluded(request.TCP, 9100, nil) || db.Excluded(request.UDP, 9100, nil) || db.Excluded(request.TCP, 9108, nil) {
		t.Error("Exclude T:9100-9107 was not understood")
	}
	r := db.Match([]byte("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"), db.Null())
	if r.Kind != Hard || r.Product != "OpenSSH" || !strings.HasPrefix(r.Version, "9.2p1") {
		t.Errorf("got %+v", r)
	}
}

// mustDB parses text as one file and makes a database of it.
func mustDB(t testing.TB, opts Options, text string) *DB {
	t.Helper()
	return mustMerge(t, opts, text)
}

// mustMerge parses each text as a file, a.probes b.probes and so on.
func mustMerge(t testing.TB, opts Options, texts ...string) *DB {
	t.Helper()
	var files []*File
	for i, text := range texts {
		f, err := ParseFile(string(rune('a'+i))+".probes", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	db, err := New(opts, files...)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestParseErrors(t *testing.T) {
	const head = "Probe TCP NULL q||\n"
	for _, tt := range []struct {
		text string
		line int
		want string // part of the message; "" for none
	}{
		{"", 0, ""},
		{"\n# comment\n\n", 0, ""},
		{" \n", 1, "blanks only"},
		{" # late\n", 1, "first column"},
		{head + "\r\n", 2, "CR LF"},
		{head + " rarity 1\n", 2, "first column"},
		{head + "rarity\t1\n", 2, "one blank"},
		{head + "rarity\n", 2, "needs an argument"},
		{head + "Rarity 1\n", 2, "unknown directive"},
		{head + "matches x m|a|\n", 2, "unknown directive"},
		{"match x m|a|\n", 1, "before the first Probe"},
		{"rarity 3\n", 1, "before the first Probe"},
		{"Exclude T:9100-9107\nExclude 1\n", 2, "second Exclude"},
		{head + "Exclude 1\n", 2, "before the first Probe"},
		{"Exclude 7-5\n", 1, "backwards"},
		{"Exclude 65536\n", 1, "no port number"},
		{"Exclude X:1\n", 1, "unknown protocol prefix"},
		{"Exclude T:1-,-5,U:53,ssh,http*,[8000-9000],S:9\n", 0, ""},
		{"Exclude [1\n", 1, "[ without ]"},
		{"Exclude 1]\n", 1, "] without ["},
		{"Exclude 1,\n", 1, "empty item"},
		{"Probe SCTP x q|a|\n", 1, "TCP or UDP"},
		{"Probe tcp x q|a|\n", 1, "TCP or UDP"},
		{"Probe TCP -x q|a|\n", 1, "letter or digit"},
		{"Probe TCP x\n", 1, "expected q"},
		{"Probe CERT x q|a|\n", 1, "must be empty"},
		{"Probe UDP x q||\n", 1, "for TCP only"},
		{"Probe TCP x p|a|\n", 1, "expected q"},
		{"Probe TCP x q|a\n", 1, "no closing"},
		{"Probe TCP x qxabx\n", 0, ""},
		{"Probe TCP x q|a|no-payload\n", 1, "expected a blank"},
		{"Probe UDP x q|a| no-payload source=500\n", 0, ""},
		{`Probe TCP x q|\x4|` + "\n", 1, "two hexadecimal digits"},
		{`Probe TCP x q|\q|` + "\n", 1, "unknown escape"},
		{`Probe TCP x q|\1|` + "\n", 1, "unknown escape"},
		{`Probe TCP x q|a\|` + "\n", 1, "backslash at the end"},
		{`Probe TCP x q|\\\0\n\r\t\xfF\a\b\f\v\"\-|` + "\n", 0, ""},
		{head + head, 2, "one NULL probe"},
		{"Probe UDP x q||\n", 1, "TCP only"},
		{head + "ports 1,,2\n", 2, "port number is missing"},
		{head + "ports 5-1\n", 2, "backwards"},
		{head + "ports 70000\n", 2, "no port number"},
		{head + "ports T:5\n", 2, "no port number"},
		{head + "ports -5\n", 2, "missing"},
		{head + "sslports 443 , 8443, 1 - 3\n", 0, ""},
		{head + "rarity 0\n", 2, "from 1 to 9"},
		{head + "rarity 10\n", 2, "from 1 to 9"},
		{head + "totalwaitms 99\n", 2, "from 100 to 300000"},
		{head + "tcpwrappedms 300001\n", 2, "from 100 to 300000"},
		{head + "fallback ,\n", 2, "names"},
		{head + "fallback" + strings.Repeat(" a", 18) + "\n", 2, "at most 17"},
		{head + "match x\n", 2, "service name and a pattern"},
		{head + "match  m|a|\n", 2, "service name and a pattern"},
		{head + "match x n|a|\n", 2, "expected m"},
		{head + "match x m|a\n", 2, "no closing"},
		{head + "match x m|a|iss\n", 0, ""},
		{head + "match x m|a|siss\n", 2, "more than three"},
		{head + "match x m|a|m\n", 2, "unknown pattern option"},
		{head + "match x m|a|p/x/\n", 2, "unknown pattern option"},
		{head + "match x m=a= p/x/a v|1|abc i/x/ \t cpe:/a:b:c/a\n", 0, ""},
		{head + "match x m|a| q/x/\n", 2, "unknown field"},
		{head + "match x m|a| pp/x/\n", 2, "unknown field"},
		{head + "match x m|a| cpe/x/\n", 2, "unknown field"},
		{head + "match x m|a| p/x\n", 2, "no closing"},
		{head + "match x m|a| p\n", 2, "no text"},
		{head + "match x m|a| p/x/y/\n", 2, "expected a field"},
		{head + "match x m|a| p/x/abcd/y/\n", 0, ""}, // three flags, then the field d
		{head + "match x m|\x00|\n", 2, "NUL"},
		{head + "# " + strings.Repeat("x", 9000) + "\n", 0, ""},
		{head + "match x m|" + strings.Repeat("x", 8191) + "|\n", 2, "at most 8191"},
		{"Probe FOO\nmatch x m|a|\nrarity 1\n", 1, "TCP or UDP"},
	} {
		f, err := ParseFile("dir/x.probes", []byte(tt.text))
		if tt.want == "" {
			if err != nil {
				t.Errorf("%.60q: %v", tt.text, err)
			} else if f.String() != tt.text {
				t.Errorf("%.60q printed as %.60q", tt.text, f.String())
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%.60q: no error, want %q", tt.text, tt.want)
			continue
		}
		if e.File != "x.probes" || e.Line != tt.line || !strings.Contains(e.Msg, tt.want) {
			t.Errorf("%.60q: got %v, want line %d and %q", tt.text, e, tt.line, tt.want)
		}
		if n := len(err.(Errors)); n != 1 {
			t.Errorf("%.60q: %d errors: %v", tt.text, n, err)
		}
	}
}

func TestParseCollectsAllErrors(t *testing.T) {
	_, err := ParseFile("x", []byte("Probe TCP a q|a|\nrarity 0\nports x\nmatch x m|a| p/ok/\nmatch y\n"))
	var es Errors
	if !errors.As(err, &es) || len(es) != 3 || es[0].Line != 2 || es[1].Line != 3 || es[2].Line != 5 {
		t.Errorf("got %v", err)
	}
}

func TestParseDirectives(t *testing.T) {
	db := mustDB(t, Options{}, `Probe UDP Help q|HELP\r\n\0071\x41| no-payload
rarity 3
rarity 4
ports 21,25
ports 26-30,22
sslports 990
totalwaitms 7500
fallback Other, GetRequest
Probe TCP Other q|x|
Probe UDP GetRequest q|y|
Probe TCP NULL q||
rarity 7
tcpwrappedms 3000
`)
	h := db.Probe(request.UDP, "Help")
	if string(h.Payload) != "HELP\r\n\x00071A" || !h.NoPayload() || h.Rarity != 4 ||
		h.Ports.String() != "21-22,25-30" || !h.SSLPorts.Has(990) || h.Ports.Has(990) || h.TotalWait != 7500*time.Millisecond {
		t.Errorf("got %+v", h)
	}
	if len(h.Fallback) != 2 || h.Fallback[0].Name != "Other" || h.Fallback[1].Proto != request.UDP {
		t.Errorf("fallbacks: %+v", h.Fallback)
	}
	o := db.Probe(request.TCP, "Other")
	if o.Rarity != 5 || o.TotalWait != 5*time.Second || o.TCPWrapped != 2*time.Second || o.NoPayload() {
		t.Errorf("defaults: %+v", o)
	}
	if n := db.Null(); n == nil || n.Rarity != 0 || n.TCPWrapped != 3*time.Second || !n.IsNull() {
		t.Errorf("NULL: %+v", n)
	}
}

func TestUnknownFallback(t *testing.T) {
	f, err := ParseFile("x", []byte("Probe TCP a q|a|\nfallback b\n"))
	if err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, err := New(Options{}, f); !errors.As(err, &e) || e.Line != 2 || !strings.Contains(e.Msg, `"b"`) {
		t.Errorf("got %v", err)
	}
}

func TestValidate(t *testing.T) {
	f, err := ParseFile("x", []byte("Probe TCP a q|a|\nmatch x m|ok|\nmatch x m|(|\n"))
	if err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, err := New(Options{Validate: true}, f); !errors.As(err, &e) || e.Line != 3 {
		t.Errorf("got %v", err)
	}
	db, err := New(Options{}, f)
	if err != nil {
		t.Fatal(err)
	}
	if r := db.Match([]byte("("), db.Probes()[0]); r.Kind != None {
		t.Errorf("a line with a bad pattern matched: %+v", r)
	}
}

func TestMergeFiles(t *testing.T) {
	db := mustMerge(t, Options{},
		"Probe TCP NULL q||\nmatch a m|^1|\nProbe TCP Get q|GET|\nports 80\nmatch b m|^2|\nProbe TCP Other q|o|\nfallback Get\nmatch o m|^9|\n",
		"Probe TCP Nothing q||\nmatch c m|^1|\nmatch c m|^3|\nProbe TCP Get q|GET|\nports 81-90\nrarity 2\nmatch d m|^2|\nProbe TCP Get q|get|\nmatch e m|^2|\n",
		"Probe TCP Get q|get|\nmatch f m|^2|\nProbe TCP Last q|l|\nfallback Get\n")
	if n := len(db.Probes()); n != 5 {
		t.Fatalf("%d probes: %v", n, db)
	}
	get := db.Probe(request.TCP, "Get")
	if get.Ports.String() != "80-90" || get.Rarity != 2 || get.File != "a.probes" || get.Line != 3 {
		t.Errorf("got %+v", get)
	}
	for _, tt := range []struct{ probe, data, service, file string }{
		{"NULL", "1", "a", "a.probes"},
		{"NULL", "3", "c", "b.probes"},
		{"Get", "2", "b", "a.probes"},
		{"Other", "2", "b", "a.probes"}, // its own file's Get
		{"Last", "2", "e", "b.probes"},  // its own file's Get, which is another probe
	} {
		r := db.Match([]byte(tt.data), db.Probe(request.TCP, tt.probe))
		if r.Service != tt.service || r.File != tt.file {
			t.Errorf("%s %s: got %s of %s, want %s of %s", tt.probe, tt.data, r.Service, r.File, tt.service, tt.file)
		}
	}
}

func TestLoadFolder(t *testing.T) {
	fsys := fstest.MapFS{
		"probes/b.probes": {Data: []byte("Probe TCP NULL q||\nmatch b m|x|\n")},
		"probes/a.probes": {Data: []byte("Probe TCP NULL q||\nmatch a m|x|\n")},
		"probes/README":   {Data: []byte("not a probe file")},
	}
	db, err := Load(Options{}, fsys)
	if err != nil {
		t.Fatal(err)
	}
	if r := db.Match([]byte("x"), db.Null()); r.Service != "a" || r.File != "a.probes" || r.Line != 2 {
		t.Errorf("got %+v", r)
	}
	fsys["c.probes"] = &fstest.MapFile{Data: []byte("foo\n")}
	fsys["d.probes"] = &fstest.MapFile{Data: []byte("bar\n")}
	var es Errors
	if _, err = Load(Options{}, fsys); !errors.As(err, &es) || len(es) != 2 {
		t.Errorf("got %v", err)
	}
}

func TestPortSpec(t *testing.T) {
	names := func(p Proto, port uint16) string {
		if port == 22 {
			return "ssh"
		}
		if port == 8080 {
			return "http-proxy"
		}
		return ""
	}
	spec, err := ParsePortSpec("T:9100-9107,U:-5,S:60000-,http*,[20-30,S:40]")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		proto Proto
		port  uint16
		want  bool
	}{
		{request.TCP, 9100, true},
		{request.TCP, 9107, true},
		{request.TCP, 9108, false},
		{request.UDP, 9100, false},
		{request.UDP, 1, true},
		{request.UDP, 5, true},
		{request.UDP, 0, false},
		{request.TCP, 5, false},
		{request.SCTP, 65535, true},
		{request.TCP, 65535, false},
		{request.SCTP, 8080, true},
		{request.TCP, 8080, false}, // the S: prefix still holds
		{request.SCTP, 22, true},
		{request.SCTP, 23, false},
		{request.SCTP, 40, false},
	} {
		if got := spec.Has(tt.proto, tt.port, names); got != tt.want {
			t.Errorf("%v %d: %v", tt.proto, tt.port, got)
		}
	}
	var none *PortSpec
	if none.Has(request.TCP, 1, nil) {
		t.Error("nil PortSpec has a port")
	}
	if spec, err = ParsePortSpec("22,U:53,100-200"); err != nil {
		t.Fatal(err)
	}
	for port := range 1 << 16 {
		spec.Has(request.TCP, uint16(port), func(Proto, uint16) string {
			t.Fatalf("the name of %d is looked up for numbers", port)
			return ""
		})
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add([]byte("# c\n\nExclude T:9100-9107\nProbe TCP NULL q||\ntcpwrappedms 3000\nmatch ssh m|^SSH-([\\d.]+)-|i p/x $1/ v/$P(1)/ cpe:/a:b:c:$1/a\nsoftmatch x m=^a=s\nProbe UDP x q|\\0\\x41| no-payload\nports 53,100-200\nfallback NULL\nrarity 9"))
	f.Add([]byte("Probe TCP a q|a|\nmatch x m|(a*)*$|\n\x00\xff\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := ParseFile("x", text)
		if err != nil {
			return
		}
		if got := file.String(); got != string(text) {
			t.Fatalf("printed as %q", got)
		}
		if db, err := New(Options{}, file); err == nil {
			db.MatchAny(text, request.TCP)
		}
	})
}
