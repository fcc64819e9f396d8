package matcher

import (
	"math/rand/v2"
	"testing"

	"earshot/matcher/request"
)

// Two bytes tell what they are behind their question. Where nobody knows what was asked, a hard line
// needs 32 bits and a soft one 16.
const faintFile = `Probe TCP NULL q||
match thin m|^\xfa\xce|
match thick m|^thick|
Probe TCP Ask q|ask\r\n|
match two m|^OK| p/Two/
match four m|^four| p/Four/
softmatch one m|^[GSN]$|
softmatch pair m|^pa|
Probe UDP Ask q|ask\r\n|
match udp m|^\x03\0\x01$| p/Three/
softmatch udp m|^\x03|
`

func TestFaintLines(t *testing.T) {
	db := mustDB(t, Options{}, faintFile)
	for _, c := range []struct {
		proto         Proto
		data, service string
		own, among    Kind
	}{
		{proto: request.TCP, data: "OK", service: "two", own: Hard, among: Soft},
		{proto: request.TCP, data: "four", service: "four", own: Hard, among: Hard},
		{proto: request.TCP, data: "G", service: "one", own: Soft, among: None},
		{proto: request.TCP, data: "pa", service: "pair", own: Soft, among: Soft},
		{proto: request.TCP, data: "thick", service: "thick", own: Hard, among: Hard},
		{proto: request.TCP, data: "\xfa\xce", service: "thin", own: Hard, among: Soft},
		{proto: request.UDP, data: "\x03\x00\x01", service: "udp", own: Hard, among: Soft},
		{proto: request.UDP, data: "\x03\x00\x02", service: "udp", own: Soft, among: None},
	} {
		if r := db.Match([]byte(c.data), db.Probe(c.proto, "Ask")); r.Kind != c.own || r.Service != c.service {
			t.Errorf("%v %q behind its question: %+v", c.proto, c.data, r)
		}
		r := db.MatchAny([]byte(c.data), c.proto)
		if r.Kind != c.among || r.Service != c.service && c.among != None {
			t.Errorf("%v %q among all lines: %+v", c.proto, c.data, r)
		}
		if q := db.MatchRequest(c.proto, []byte("nobody knows this question"), []byte(c.data), 0); q.Kind != c.among {
			t.Errorf("%v %q behind a question of nobody: %+v", c.proto, c.data, q)
		}
	}
	strict := mustDB(t, Options{Strict: true}, faintFile)
	if r := strict.MatchAny([]byte("OK"), request.TCP); r.Kind != Hard {
		t.Errorf("strict: %+v", r)
	}
}

func TestFaint(t *testing.T) {
	db := mustDB(t, Options{}, faintFile)
	want := []struct {
		service  string
		greeting bool
	}{{"one", false}, {"udp", false}, {"thin", true}, {"two", false}, {"udp", false}}
	got := db.Faint()
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d: %+v", len(got), len(want), got)
	}
	for i, f := range got {
		if f.Line.Service != want[i].service || f.Greeting != want[i].greeting {
			t.Errorf("line %d: %s of %.1f bits, greeting %v; want %+v", i, f.Line.Service, f.Bits, f.Greeting, want[i])
		}
	}
}

// What any server may say first is held against each greeting's line, so that none may be
// satisfied by chance: the embedded ones need 32 bits, and of random messages none is taken.
func TestEmbeddedGreetings(t *testing.T) {
	db := embeddedDB(t, Options{})
	for _, f := range db.Faint() {
		if f.Greeting {
			t.Errorf("%s:%d rests on %.1f bits: %s", f.Line.File, f.Line.Line, f.Bits, f.Line)
		}
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		b := make([]byte, 1+r.IntN(1<<(1+r.IntN(9))))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		for _, p := range []Proto{request.TCP, request.UDP} {
			if x := db.MatchRequest(p, nil, b, 0); x.Kind == Hard {
				t.Errorf("%v: %s:%d takes %q", p, x.File, x.Line, b)
			}
		}
	}
}
