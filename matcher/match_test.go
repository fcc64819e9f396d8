package matcher

import (
	"reflect"
	"strings"
	"testing"

	"earshot/matcher/request"
)

const orderFile = `Probe TCP NULL q||
match null-hard m|^A.*null|
softmatch null-soft m|^S|
match late m|^AB|
Probe TCP Get q|GET|
fallback Second, First
softmatch soft-first m|^A|
match own-hard m|^AB|
softmatch soft-second m|^A|
Probe TCP First q|1|
fallback Third
match first m|^F|
match ssl/tunnel m|^T|
Probe TCP Second q|2|
match second m|^F|
Probe TCP Third q|3|
match third m|^3|
Probe UDP Dgram q|u|
fallback Get
softmatch dgram m|^U|
`

func TestMatchOrder(t *testing.T) {
	for _, tt := range []struct {
		proto         Proto
		probe, data   string
		service       string // default
		strictService string
	}{
		{request.TCP, "NULL", "AB", "late", "late"},
		{request.TCP, "NULL", "F", "", ""}, // only its own lines
		{request.TCP, "Get", "AB", "own-hard", "soft-first"},
		{request.TCP, "Get", "A", "soft-first", "soft-first"},
		{request.TCP, "Get", "A null", "null-hard", "soft-first"}, // hard in the NULL list beats soft in its own
		{request.TCP, "Get", "F", "second", "second"},             // fallbacks in the order of the directive
		{request.TCP, "Get", "3", "", ""},                         // not recursive
		{request.TCP, "First", "3", "third", "third"},
		{request.TCP, "First", "S", "null-soft", "null-soft"},
		{request.UDP, "Dgram", "S", "", ""}, // UDP has no NULL step
		{request.UDP, "Dgram", "AB", "own-hard", "soft-first"},
		{request.UDP, "Dgram", "U", "dgram", "dgram"},
	} {
		for _, strict := range []bool{false, true} {
			db := mustDB(t, Options{Strict: strict}, orderFile)
			want := tt.service
			if strict {
				want = tt.strictService
			}
			r := db.Match([]byte(tt.data), db.Probe(tt.proto, tt.probe))
			if r.Service != want || (r.Kind == None) != (want == "") || r.Any {
				t.Errorf("strict %v, %s, %q: got %+v, want %s", strict, tt.probe, tt.data, r, want)
			}
		}
	}
	db := mustDB(t, Options{}, orderFile)
	if r := db.Match([]byte("A"), nil); r.Kind != None {
		t.Errorf("no probe: %+v", r)
	}
	r := db.Match([]byte("T"), db.Probe(request.TCP, "First"))
	if r.Service != "tunnel" || r.Tunnel != "ssl" || r.Kind != Hard || r.Probe != "First" || r.Line != 13 {
		t.Errorf("ssl/ service: %+v", r)
	}
}

func TestMatchAny(t *testing.T) {
	db := mustDB(t, Options{}, "Probe TCP Get q|g|\nmatch get m|^Aaaa|\nsoftmatch soft m|^Bbbb|\nProbe UDP U q|u|\nmatch udp m|^Aaaa|\nProbe TCP NULL q||\nmatch null m|^Aaaa|\nmatch deep m|^Bbbb|\n")
	for _, tt := range []struct {
		proto         Proto
		data, service string
	}{
		{request.TCP, "Aaaa", "null"}, // NULL's lines first, wherever they stand
		{request.TCP, "Bbbb", "deep"},
		{request.UDP, "Aaaa", "udp"},
		{request.SCTP, "Aaaa", "null"},
		{request.TCP, "Cccc", ""},
	} {
		r := db.MatchAny([]byte(tt.data), tt.proto)
		if r.Service != tt.service || r.Any != (tt.service != "") {
			t.Errorf("%v %q: got %+v, want %s", tt.proto, tt.data, r, tt.service)
		}
	}
}

func TestMatchProbes(t *testing.T) {
	db := mustDB(t, Options{}, orderFile)
	get, third := db.Probe(request.TCP, "Get"), db.Probe(request.TCP, "Third")
	if r := db.MatchProbes([]byte("3"), get, third); r.Service != "third" {
		t.Errorf("got %+v", r)
	}
	if r := db.MatchProbes([]byte("AB"), third, get); r.Service != "late" { // NULL's line stands in Third's list
		t.Errorf("got %+v", r)
	}
	if r := db.MatchProbes([]byte("AB")); r.Kind != None {
		t.Errorf("got %+v", r)
	}
}

// A result says that it is of the first line that matched, as nmap's are: what is known
// besides does not add to it.
func TestStrictResult(t *testing.T) {
	for _, strict := range []bool{false, true} {
		db := mustDB(t, Options{Strict: strict}, orderFile)
		get := db.Probe(request.TCP, "Get")
		for data, matches := range map[string]bool{"AB": true, "no such words": false} {
			for name, r := range map[string]Result{"MatchProbes": db.MatchProbes([]byte(data), get), "MatchAny": db.MatchAny([]byte(data), request.TCP)} {
				if r.Strict != (strict && matches) || (r.Kind != None) != matches {
					t.Errorf("%s of %q, strict %v: %+v", name, data, strict, r)
				}
			}
		}
	}
}

func TestHasService(t *testing.T) {
	db := mustDB(t, Options{}, orderFile)
	get := db.Probe(request.TCP, "Get")
	if !db.HasService(get, "own-hard") || !db.HasService(get, "soft-first") || db.HasService(get, "second") || db.HasService(get, "null-hard") {
		t.Error("HasService does not look at the probe's own lines only")
	}
}

// Facts of PCRE and of nmap 7.93, measured.
func TestMatchFacts(t *testing.T) {
	db := mustDB(t, Options{Validate: true}, `Probe TCP NULL q||
match line m|^TA line$|
match dot m|^dot.x|
match dotall m|^dos.x|s
match caseless m|^case|i
match nul m|^nul\0x[\0-\x03]$|
match fields m|^f (\w+) (\w+)?| p/one/ p/$1/ v/$2/ i/i $2/ h/h$1/ o/$1, / d/d/ cpe:/h:x:$1/ cpe:/a:first/ cpe:/a:second/a cpe:/z:bad/
match failing m|^g (\w+)(-)?| v/good/ p/p/ p/$2/ cpe:/a:good/ cpe:/a:$2/
match neg m|^(?:(?!\r\n)[^\r]*\r\n)*?Server: (\S+)| p/$1/
match back m|^(.)\1z|
match atomic m|^(?>a+)b++c|
`)
	for _, tt := range []struct {
		data string
		want Result
	}{
		{"TA line\n", Result{Service: "line"}},
		{"TA line\n\n", Result{}},
		{"dot\nx", Result{}},
		{"dot\rx", Result{Service: "dot"}},
		{"dos\nx", Result{Service: "dotall"}},
		{"CaSe", Result{Service: "caseless"}},
		{"nul\x00x\x02", Result{Service: "nul"}},
		{"f AB cd", Result{Service: "fields", Fields: Fields{Product: "AB", Version: "cd", Info: "i cd", Hostname: "hAB", OS: "AB", Device: "d", CPE: []string{"cpe:/a:second", "cpe:/h:x:ab"}}}},
		{"f AB ", Result{Service: "fields", Fields: Fields{Product: "AB", Hostname: "hAB", OS: "AB", Device: "d", CPE: []string{"cpe:/a:second", "cpe:/h:x:ab"}}}},
		{"g x", Result{Service: "failing", Fields: Fields{Version: "good"}}},
		{"HTTP\r\nX: y\r\nServer: z 1\r\n\r\n", Result{Service: "neg", Fields: Fields{Product: "z"}}},
		{"HTTP\r\n\r\nServer: z\r\n", Result{}},
		{"qqz", Result{Service: "back"}},
		{"aabbc", Result{Service: "atomic"}},
	} {
		r := db.Match([]byte(tt.data), db.Null())
		if r.Service != tt.want.Service || !reflect.DeepEqual(r.Fields, tt.want.Fields) {
			t.Errorf("%q: got %+v, want %+v", tt.data, r, tt.want)
		}
	}
}

func TestMatchInputIsCut(t *testing.T) {
	db := mustDB(t, Options{}, "Probe TCP NULL q||\nmatch x m|x$|\n")
	data := []byte(strings.Repeat("x", MaxInput) + "y")
	if r := db.Match(data, db.Null()); r.Kind != Hard {
		t.Errorf("the input was not cut at MaxInput: %+v", r)
	}
	if r := db.Match(data[1:], db.Null()); r.Kind != None {
		t.Errorf("the input was cut before MaxInput: %+v", r)
	}
}

func TestVersionText(t *testing.T) {
	rep := strings.Repeat
	for _, tt := range []struct {
		f    Fields
		want string
	}{
		{Fields{}, ""},
		{Fields{Product: "OpenSSH", Version: "9.2p1", Info: "protocol 2.0"}, "OpenSSH 9.2p1 (protocol 2.0)"},
		{Fields{Version: "9"}, "9"},
		{Fields{Info: "x"}, "(x)"},
		{Fields{Product: rep("p", 79), Version: rep("v", 79)}, rep("p", 79) + " " + rep("v", 79)},
		{Fields{Product: rep("p", 79), Version: rep("v", 79), Info: "i"}, rep("p", 79) + " " + rep("v", 79)},
		{Fields{Product: rep("p", 79), Info: rep("i", 200)}, rep("p", 79) + " (" + rep("i", 74) + "...)"},
		{Fields{Product: rep("p", 75), Version: rep("v", 75), Info: rep("i", 9)}, rep("p", 75) + " " + rep("v", 75) + " (ii...)"},
		{Fields{Product: rep("p", 76), Version: rep("v", 75), Info: rep("i", 9)}, rep("p", 76) + " " + rep("v", 75)},
	} {
		got := tt.f.VersionText()
		if got != tt.want || len(got) > 159 {
			t.Errorf("got %d bytes %q, want %q", len(got), got, tt.want)
		}
	}
}

func TestMerge(t *testing.T) {
	soft := Result{Kind: Soft, Service: "ftp", Fields: Fields{Product: "A", Version: "1", Info: "i", Hostname: "h", OS: "o", Device: "d", CPE: []string{"cpe:/a:a:a:1", "cpe:/o:x"}}}
	hard := func(service, product string) Result {
		return Result{Kind: Hard, Service: service, Fields: Fields{Product: product, Info: "new"}}
	}
	all := Fields{Product: "A", Version: "1", Info: "new", Hostname: "h", OS: "o", Device: "d", CPE: soft.CPE}
	host := Fields{Product: "B", Info: "new", Hostname: "h", OS: "o", Device: "d", CPE: []string{"cpe:/o:x"}}
	leaked := all
	leaked.Product = "B"
	for _, tt := range []struct {
		name       string
		prev, next Result
		strict     bool
		want       Result
	}{
		{"same product", soft, hard("ftp", "A"), false, Result{Kind: Hard, Service: "ftp", Fields: all}},
		{"no product", soft, hard("ftp", ""), false, Result{Kind: Hard, Service: "ftp", Fields: all}},
		{"other product", soft, hard("ftp", "B"), false, Result{Kind: Hard, Service: "ftp", Fields: host}},
		{"other product, strict", soft, hard("ftp", "B"), true, Result{Kind: Hard, Service: "ftp", Fields: leaked}},
		{"other service", soft, hard("x", "B"), false, hard("x", "B")},
		{"other service, strict", soft, hard("x", "B"), true, Result{Kind: Hard, Service: "x", Fields: leaked}},
		{"second soft", soft, Result{Kind: Soft, Service: "x"}, false, soft},
		{"soft, then nothing", soft, Result{}, false, soft},
		{"nothing, then soft", Result{}, soft, false, soft},
		{"hard stays", hard("a", "b"), hard("c", "d"), false, hard("a", "b")},
		{"timeout stays", Result{Kind: Timeout}, Result{}, false, Result{Kind: Timeout}},
	} {
		if got := Merge(tt.prev, tt.next, tt.strict); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestMatchCut: a value that reaches to where bytes are missing is not told, whether its end is missing or something else
// stands where it went on; what stands wholly before that, and the line, are.
func TestMatchCut(t *testing.T) {
	f, err := ParseFile("cut.probes", []byte("Probe TCP NULL q||\nmatch http m|^Server: (\\w+)/([\\d.]+) \\((\\w+)| p/$1/ v/$2/ i/$3/ cpe:/a:x:$1:$2/\n"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := New(Options{}, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		data string
		cut  int
		want Fields
	}{
		{"Server: Simple/1.2 (Unix)", 0, Fields{Product: "Simple", Version: "1.2", Info: "Unix", CPE: []string{"cpe:/a:x:simple:1.2"}}},
		{"Server: Simple/1.2 (Un", 22, Fields{Product: "Simple", Version: "1.2", CPE: []string{"cpe:/a:x:simple:1.2"}}},
		{"Server: Simple/1.2 (Unix)", 21, Fields{Product: "Simple", Version: "1.2", CPE: []string{"cpe:/a:x:simple:1.2"}}},
		{"Server: Simple/1.2 (Unix)", 18, Fields{Product: "Simple"}},
		{"Server: Simple/1.2 (Unix)", 19, Fields{Product: "Simple", Version: "1.2", CPE: []string{"cpe:/a:x:simple:1.2"}}},
		{"Server: Simple/1.2 (Unix)", 10, Fields{}},
	} {
		r := db.MatchRequest(request.TCP, nil, []byte(c.data), c.cut)
		if r.Kind != Hard || r.Service != "http" || !reflect.DeepEqual(r.Fields, c.want) {
			t.Errorf("%q cut at %d: %+v, want %+v", c.data, c.cut, r, c.want)
		}
	}
}
