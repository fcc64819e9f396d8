package matcher

import (
	"fmt"
	"html"
	"os"
	"reflect"
	"strings"
	"testing"

	"earshot/matcher/request"
)

const widget = "\x00\x01WIDGETD/3.7 \"alpha\" (beta) [x] .*+^$|?\\ \xff\xfe\x7f\x00\x009\t\r\n"

// Blocks that nmap 7.93 printed for small servers on loopback.
func TestFingerprintSamples(t *testing.T) {
	text, err := os.ReadFile("testdata/fingerprints.txt")
	if err != nil {
		t.Fatal(err)
	}
	fps, err := ParseFingerprints(string(text))
	if err != nil || len(fps) != 4 {
		t.Fatalf("%d blocks, %v", len(fps), err)
	}
	for _, f := range fps {
		if w := f.Wrapped(); !strings.Contains(string(text), w+"\n") {
			t.Errorf("written as\n%s", w)
		}
		for _, form := range []string{
			f.Text(),
			"some text " + f.Text() + " more",
			`<service name="x" servicefp="` + html.EscapeString(f.Text()) + `" method="table" conf="3"/>` + "\n" + `<a b="c"/>`,
			`<service servicefp="` + strings.ReplaceAll(strings.ReplaceAll(f.Text(), "&", "&amp;"), `"`, "&quot;") + `"/>`,
			strings.ReplaceAll(f.Wrapped(), "\n", "\r\n"),
			"|_  " + strings.ReplaceAll(f.Wrapped(), "\n", "\n|  "),
		} {
			got, err := ParseFingerprints(form)
			if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], f) {
				t.Errorf("read back from %.80q: %d, %v", form, len(got), err)
			}
		}
	}
	a := fps[0]
	if a.Port != 9001 || a.Proto != request.TCP || a.Version != "7.93" || a.TLS || a.Intensity != 2 || a.Month != 11 || a.Day != 20 ||
		a.Time != 0x6B00328B || a.Platform != "x86_64-pc-linux-gnu" || len(a.Records) != 10 {
		t.Errorf("got %+v", a)
	}
	if r := a.Records[0]; r.Probe != "NULL" || string(r.Data) != widget || r.Length != 0x33 {
		t.Errorf("got %s %d %q", r.Probe, r.Length, r.Data)
	}
	if r := a.Records[1]; r.Probe != "GenericLines" || string(r.Data) != widget+"ERR 4 unknown verb\r\n" {
		t.Errorf("got %s %d %q", r.Probe, r.Length, r.Data)
	}
}

func TestFingerprintCut(t *testing.T) {
	data := []byte("AB%CD \"q\" 9\x009\x00Z 100% {x} ~ ")
	for c := byte(1); c < 0x20; c++ {
		data = append(data, c)
	}
	data = append(data, strings.Repeat("W", 3000)...)
	f := &Fingerprint{Port: 9352, Proto: request.TCP, Version: "7.93", Intensity: 7, Month: 11, Day: 20, Time: 0x6B0034BA, Platform: "x86_64-pc-linux-gnu", Records: []Record{{Probe: "NULL", Data: data}}}
	const want = `SF-Port9352-TCP:V=7.93%I=7%D=11/20%Time=6B0034BA%P=x86_64-pc-linux-gnu%r(N
SF:ULL,BF2,"AB%CD\x20\"q\"\x209\x009\0Z\x20100%\x20{x}\x20~\x20\x01\x02\x0
SF:3\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16
SF:\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1fWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW
`
	w := f.Wrapped()
	if !strings.HasPrefix(w, want) {
		t.Errorf("got\n%s", w)
	}
	lines := strings.Split(w, "\n")
	for i, l := range lines {
		if len(l) > 74 && i < len(lines)-1 || len(l) > 75 {
			t.Errorf("line %d has %d characters", i, len(l))
		}
	}
	got, err := ParseFingerprints(w)
	if err != nil || len(got[0].Records[0].Data) != 900 || got[0].Records[0].Length != 0xbf2 || string(got[0].Records[0].Data) != string(data[:900]) {
		t.Errorf("read back: %v", err)
	}
	f.TLS = true
	if !strings.HasPrefix(f.Text(), "SF-Port9352-TCP:V=7.93%T=SSL%I=7%D=") {
		t.Errorf("TLS: %.60s", f.Text())
	}
}

func TestFingerprintLimit(t *testing.T) {
	f := &Fingerprint{Port: 1, Proto: request.UDP, Version: "1"}
	for i := range 100 {
		f.Records = append(f.Records, Record{Probe: fmt.Sprint("P", i), Data: []byte(strings.Repeat("x", 100))})
	}
	whole := f.Wrapped()
	got, err := ParseFingerprints(whole)
	if err != nil {
		t.Fatal(err)
	}
	n := len(got[0].Records)
	f.Records = f.Records[:n-1]
	if before := len(f.Wrapped()) - 1; before > 2200 || len(whole) <= 2200 {
		t.Errorf("%d records; %d characters before the last, %d after", n, before, len(whole))
	}
	f.Records = f.Records[:3]
	for n, want := range map[int]int{74: 74, 75: 79, 145: 149, 146: 154} {
		if got := wrappedLen(n); got != want {
			t.Errorf("wrappedLen(%d) = %d, want %d", n, got, want)
		}
	}
}

// Every byte, at the end and before a digit, comes back as it was.
func TestFingerprintBytes(t *testing.T) {
	for c := range 256 {
		for _, data := range [][]byte{{byte(c)}, {byte(c), '7'}, {byte(c), byte(c)}} {
			f := &Fingerprint{Port: 9, Proto: request.TCP, Version: "1", Records: []Record{{Probe: "NULL", Data: data}}}
			got, err := ParseFingerprints(f.Text())
			if err != nil || string(got[0].Records[0].Data) != string(data) {
				t.Errorf("%q: %v, %s", data, err, f.Text())
			}
			if want := c == '!' || c == '~' || c == '%' || c == '-'; want && !strings.Contains(f.Text(), `"`+string(data)+`"`) {
				t.Errorf("%q is written as it is: %s", data, f.Text())
			}
		}
	}
	// The first NUL stands before one, the last at the end.
	f := &Fingerprint{Port: 9, Proto: request.TCP, Version: "1", Records: []Record{{Probe: "NULL", Data: []byte("\x00\x001\x00")}}}
	if !strings.Contains(f.Text(), `"\0\x001\0"`) {
		t.Error(f.Text())
	}
}

// XML's escapes may be of either kind; a quote of another block is none of them.
func TestFingerprintEscaped(t *testing.T) {
	const plain = `SF-Port9-TCP:V=1%I=7%D=1/2%Time=A%P=x%r(NULL,3,"abc")%r(Get,1,"d");`
	for _, text := range []string{
		plain,
		strings.ReplaceAll(plain, `"`, "&quot;"),
		strings.ReplaceAll(plain, `"`, "&#34;"),
		strings.Replace(strings.ReplaceAll(plain, `"`, "&quot;"), "&quot;", "&#34;", 1),
		strings.Replace(strings.ReplaceAll(plain, `"`, "&#34;"), "&#34;", "&quot;", 1),
		strings.ReplaceAll(plain, `"`, "&#34;") + "\n" + `other="x"`,
	} {
		fps, err := ParseFingerprints(text)
		if err != nil || len(fps) != 1 || len(fps[0].Records) != 2 || string(fps[0].Records[0].Data) != "abc" {
			t.Errorf("%s: %v, %v", text, fps, err)
		}
	}
}

func TestFingerprintErrors(t *testing.T) {
	const head = "SF-Port9-TCP:V=1%I=7%D=1/2%Time=A%P=x"
	for _, text := range []string{
		"", "nothing here", "SF-Portx-TCP:", "SF-Port70000-TCP:V=1%r(", "SF-Port9-SCTP:V=1%r(N,1,\"a\");",
		head + ";", head + "%r(N", head + "%r(N,1", head + `%r(N,1,"a`, head + `%r(N,1,"a"`, head + `%r(N,1,"a")`,
		head + `%r(N,x,"a");`, head + `%r(N,1,"ab");`, head + `%r(N,1,"\x4");`, head + `%r(N,1,"\`, head + `%r(,1,"a");`,
		`SF-Port9-TCP:V=1%I=x%r(N,1,"a");`, `SF-Port9-TCP:V=1%nonsense%r(N,1,"a");`, head + `%r(N,FFFFFFFFFFFF,"a");`,
	} {
		if fps, err := ParseFingerprints(text); err == nil {
			t.Errorf("%q: got %+v", text, fps)
		}
	}
	good := head + `%r(N,14,"SF-Port7-TCP:V=");` // a mark within content
	if fps, err := ParseFingerprints("SF-Port1\n" + good + "\n" + good); err == nil || len(fps) != 2 {
		t.Errorf("%d blocks, %v", len(fps), err)
	}
	if fps, err := ParseFingerprints(good); err != nil || len(fps) != 1 {
		t.Errorf("%d blocks, %v", len(fps), err)
	}
}

func TestDraft(t *testing.T) {
	for _, tt := range []struct{ data, line string }{
		{"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", `match unknown m|^SSH-2\.0-OpenSSH_(\d[\w.+~]*) Debian-2\r\n| p/OpenSSH/ v/$1/`},
		{"220 host ZorkFTP v3.12.1 (ready) id 4711\r\n220 more\r\n", `match unknown m|^220 host ZorkFTP v(\d[\w.+~]*) \(ready\) id \d+\r\n| p/ZorkFTP/ v/$1/`},
		{widget, `match unknown m|^\x00\x01WIDGETD/(\d[\w.+~]*) "alpha" \(b|s p/WIDGETD/ v/$1/`},
		{"a|b/c $", `match unknown m|^a\x7cb/c \$|`},
		{"addr 10.1.2.3 x", `match unknown m|^addr [\d.]+ x|`},
	} {
		f := &Fingerprint{Records: []Record{{Probe: "Empty"}, {Probe: "NULL", Data: []byte(tt.data)}}}
		d, err := f.Draft("")
		if err != nil || d.Line != tt.line || d.Probe != "NULL" {
			t.Errorf("%q: got %+v, %v\nwant %s", tt.data, d, err, tt.line)
		}
		if _, err := ParseFile("x", []byte("Probe TCP NULL q||\n"+d.Line+"\n")); err != nil {
			t.Error(err)
		}
	}
	if _, err := (&Fingerprint{}).Draft(""); err == nil {
		t.Error("a line was drafted from nothing")
	}
}

func FuzzFingerprint(f *testing.F) {
	f.Add([]byte(widget), "SF-Port9-UDP:V=1%T=SSL%I=7%D=1/2%Time=A%P=x%r(N,2,\"\\x00\\n\");")
	f.Add([]byte("220 x 1.2.3\r\n"), "SF-Port9-TCP:V=1%r(N,5,&quot;a&amp;&quot;);")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		fps, _ := ParseFingerprints(text)
		for _, f := range fps {
			if len(f.Text()) == 0 {
				t.Fatal("no text")
			}
		}
		in := &Fingerprint{Port: 7, Proto: request.UDP, Version: "1", Platform: "x", Month: 1, Day: 2, Records: []Record{{Probe: "A", Length: len(data), Data: data[:min(len(data), maxRecord)]}}}
		got, err := ParseFingerprints(in.Wrapped())
		if err != nil || len(got) != 1 || string(got[0].Records[0].Data) != string(in.Records[0].Data) {
			t.Fatalf("read back: %v", err)
		}
		if len(data) == 0 {
			return
		}
		d, err := in.Draft("")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseFile("x", []byte("Probe TCP NULL q||\n"+d.Line+"\n")); err != nil {
			t.Fatalf("%s: %v", d.Line, err)
		}
	})
}
