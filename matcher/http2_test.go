package matcher

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"earshot/matcher/request"
)

// h2answer is what a server sends first: SETTINGS, then the head of a response.
func h2answer(t testing.TB, pad uint8, split bool, fields ...string) []byte {
	t.Helper()
	var out, block bytes.Buffer
	e := hpack.NewEncoder(&block)
	for i := 0; i < len(fields); i += 2 {
		if err := e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}); err != nil {
			t.Fatal(err)
		}
	}
	f := http2.NewFramer(&out, nil)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(f.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 100}))
	check(f.WriteSettingsAck())
	b := block.Bytes()
	if split {
		check(f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: b[:3], PadLength: pad}))
		check(f.WriteContinuation(1, true, b[3:]))
	} else {
		check(f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: b, EndHeaders: true, PadLength: pad}))
	}
	return out.Bytes()
}

func TestHTTP2Head(t *testing.T) {
	const want = "HTTP/2 404 \r\nserver: nginx/1.25.3\r\ndate: x\r\n\r\n"
	fields := []string{":status", "404", "server", "nginx/1.25.3", "date", "x"}
	for name, data := range map[string][]byte{
		"plain":     h2answer(t, 0, false, fields...),
		"padded":    h2answer(t, 9, false, fields...),
		"continued": h2answer(t, 0, true, fields...),
		"upgraded":  append([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"), h2answer(t, 0, false, fields...)...),
	} {
		if got := string(http2Answer(data)); got != want {
			t.Errorf("%s: got %q", name, got)
		}
		for i := range data { // a cut anywhere must be harmless
			if got := http2Answer(data[:i]); len(got) > 0 && string(got) != want {
				t.Errorf("%s cut at %d: got %q", name, i, got)
			}
		}
	}
	for _, data := range []string{"", "HTTP/1.1 200 OK\r\n\r\n", "\x00\x00\x00\x04\x00\x00\x00\x00\x01", "SSH-2.0-x\r\n"} {
		if got := http2Answer([]byte(data)); got != nil {
			t.Errorf("%q: got %q", data, got)
		}
	}
}

func TestHTTP2Body(t *testing.T) {
	const head = "HTTP/2 200 \r\nserver: x\r\n\r\n"
	var frames bytes.Buffer
	f := http2.NewFramer(&frames, nil)
	for _, err := range []error{
		f.WriteData(3, false, []byte("another stream's")),
		f.WriteData(1, false, []byte("{\"version\"")),
		f.WriteWindowUpdate(0, 9),
		f.WriteDataPadded(1, true, []byte(":1}"), make([]byte, 5)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	answer := h2answer(t, 0, false, ":status", "200", "server", "x")
	data := append(bytes.Clone(answer), frames.Bytes()...)
	if got, want := string(http2Answer(data)), head+"{\"version\":1}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for i := len(answer); i < len(data); i++ { // a cut anywhere leaves what came before it
		if got := string(http2Answer(data[:i])); !strings.HasPrefix(head+"{\"version\":1}", got) || len(got) < len(head) {
			t.Errorf("cut at %d: got %q", i, got)
		}
	}
	long := append(bytes.Clone(answer), bytes.Repeat([]byte("\x00\x10\x00\x00\x00\x00\x00\x00\x01"+strings.Repeat("a", 4096)), 9)...)
	if got := len(http2Answer(long)); got != len(head)+h2MaxBody {
		t.Errorf("a long body gives %d bytes", got)
	}
}

func TestMatchHTTP2(t *testing.T) {
	f, err := ParseFile("h2.probes", []byte("Probe TCP GetRequest q|GET / HTTP/1.0\\r\\n\\r\\n|\nmatch http m|^HTTP/[\\d.]+ \\d\\d\\d[^\\r\\n]*\\r\\n(?:[^\\r\\n]+\\r\\n)*?Server: nginx/([\\d.]+)|i p/nginx/ v/$1/\n"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := New(Options{}, f)
	if err != nil {
		t.Fatal(err)
	}
	r := db.MatchRequest(request.TCP, []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), h2answer(t, 0, false, ":status", "200", "server", "nginx/1.25.3"), 0)
	if r.Product != "nginx" || r.Version != "1.25.3" {
		t.Errorf("got %+v", r)
	}
}

func FuzzHTTP2(f *testing.F) {
	f.Add(h2answer(f, 0, false, ":status", "200", "server", "nginx"))
	f.Add(h2answer(f, 3, true, ":status", "200", "server", "nginx", "x-y", "z"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if head := http2Answer(data); len(head) > h2MaxHeaders+1024 {
			t.Errorf("%d bytes of text", len(head))
		}
	})
}
