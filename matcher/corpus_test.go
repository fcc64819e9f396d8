package matcher

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"earshot/data"
	"earshot/matcher/pcre"
	"earshot/matcher/request"
)

// Every embedded line has a banner, every banner is read as expected and stands in the file
// named for that of its line, and none is taken for another service when nobody knows what it answers.
func TestCorpus(t *testing.T) {
	samples, err := ReadCorpusFS(os.DirFS("../testdata/banners"))
	if err != nil {
		t.Fatal(err)
	}
	if len(samples) == 0 {
		t.Fatal("the corpus is empty")
	}
	db, err := Load(Options{Validate: true}, data.Probes)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range db.Files() {
		for _, x := range f.Check() {
			if !x.Warning || strings.Contains(x.Msg, "is lost") {
				t.Errorf("%v", x.Error.Error())
			}
		}
	}
	cov := db.TestCorpus(samples, nil)
	for _, f := range cov.Failures {
		t.Errorf("%s:%d, read by %s:%d: %s", f.Sample.File, f.Sample.Line, f.Got.File, f.Got.Line, f.Why)
	}
	for _, f := range cov.Astray {
		t.Errorf("%s:%d, read by %s:%d: %s", f.Sample.File, f.Sample.Line, f.Got.File, f.Got.Line, f.Why)
	}
	for _, l := range cov.Unhit {
		t.Errorf("%s:%d has no banner: %s", l.File, l.Line, l)
	}
	for _, o := range cov.AnyOther {
		if o.Broad {
			t.Errorf("%s:%d is %s by %s:%d, but %q by %s:%d when the request is not known", o.Sample.File, o.Sample.Line,
				o.Winner.Service, o.Winner.File, o.Winner.Line, o.Other.Service, o.Other.File, o.Other.Line)
		}
	}
}

// A page whose title has a maker's or a product's name in another sense, or with words that
// no page of that product has, is nobody's device: its title is only told.
func TestTitleIsNoDevice(t *testing.T) {
	db, err := Load(Options{}, data.Probes)
	if err != nil {
		t.Fatal(err)
	}
	for _, title := range []string{
		"Sunny Beach Hotel", "Thomson Reuters", "MX-Linux forum", "1789-1799 The French Revolution", "Niagara Falls", "Webmail Login",
		"User Portal", "Asterisk and Obelisk are no Gauls", "Munin and Hugin", "Opening...", "iLove", "WAGONS", "snomed", "Zebra crossing", "Vesta",
		"Symantec antivirus help", "McAfee SECURE", "Milestone of man", "Veritas Press", "Spiceworks Community", "TS-Tools", "Gaia",
		"Huawei", "Canon", "AR-Experience", "XP-Pen", "F1 results", "Residential Gateways of the World", "Vigor Blue", "Hue - City of Vietnam",
		// pages about a product
		"Home Assistant at our office - My notes", "Traefik: a review", "AdGuard Home | Buy online", "Node-RED for beginners",
		"Synology NAS Review 2024", "FortiManager - a review", "How I set up Privoxy at home", "Burp Suite tutorial", "Speedport Documentation",
		"FRITZ!Box 7490 kaufen", "D-LINK SYSTEMS INC history of the company", "iLO 5: a review", "Portainer: what it can do", "GLPI - how we use it",
		"Moving our team - Confluence", "Xerox WorkCentre 7845 | Buy online", "QNAP NAS buying guide", "LDAP Account Manager :: Docs",
		// other things of the same name
		"files - Synology and us", "FortiWeb - Documentation", "Motion", "Harbor", "Nomad", "Vault", "Frigate", "Zeppelin", "File Browser", "Outlook", "Dash", "Prefect", "Sonos", "Cockpit", "Cerebro", "Milestone",
		"DSL-Test 2024", "ATP2024", "GT-R35", "Fossil hunting: a guide",
	} {
		page := "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><head><title>" + title + "</title></head>"
		if r := db.MatchAny([]byte(page), request.TCP); r.Kind != Soft || r.Product != "" || r.Info != "title: "+title {
			t.Errorf("%q is %s %q (%s), by %s:%d", title, r.Service, r.Product, r.Info, r.File, r.Line)
		}
	}
}

// A realm is whatever somebody wrote into a server's configuration: a word that begins as a
// model's name does names no device, and nothing does behind nginx.
func TestRealmIsNoDevice(t *testing.T) {
	db, err := Load(Options{}, data.Probes)
	if err != nil {
		t.Fatal(err)
	}
	try := func(server, realm, want string) {
		answer := "HTTP/1.1 401 Unauthorized\r\n" + server + "Content-Type: text/plain\r\nWWW-Authenticate: Basic realm=\"" + realm + "\"\r\n\r\nUnauthorized\n"
		if r := db.MatchAny([]byte(answer), request.TCP); r.Product != want {
			t.Errorf("%q after %q is %s %q (%s), by %s:%d", realm, server, r.Service, r.Product, r.Info, r.File, r.Line)
		}
	}
	for _, realm := range []string{"SPAM", "RT-ANALYTICS", "DCS-World", "SIP-Trunk", "NETGEAR training", "Brother login", "Zoom meeting", "TD-WORK", "Moxa users"} {
		try("", realm, "")
	}
	for _, realm := range []string{"DD-WRT", "Netgear", "WNDR3700", "Foscam", "ngrok", "TomatoUSB", "ThinVNC", "Web UI Access"} {
		try("Server: nginx\r\n", realm, "nginx")
	}
}

// Pieces of files that begin as a message does are none: what else it says must be like it, and its end.
func TestNobodysWords(t *testing.T) {
	db, err := Load(Options{}, data.Probes)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		proto Proto
		piece string
	}{
		{request.UDP, "\x00\x00\x00\xf7" + strings.Repeat("\x05\x00\xfc\xff", 30)},
		{request.TCP, "\x01\n\xdc\x02\x00\x00\x9a\x02\x00\x00\x01\v\x18\x01\x00\x00\v\xa2\x02\x00"},
		{request.UDP, "ENAME\t= 270 // { int|sys||__posix_rename(const char *from, const char *to); }\n\tSYS_SWAPCTL = 271"},
	} {
		if r := db.MatchAny([]byte(x.piece), x.proto); r.Kind == Hard {
			t.Errorf("%q is %s %q, by %s:%d", x.piece, r.Service, r.Product, r.File, r.Line)
		}
	}
}

// TestCorpusRegexp2 reads the corpus with the second engine: the same answers,
// line by line. No banner takes it more than some milliseconds; a line has a minute,
// so that a loaded machine changes nothing.
func TestCorpusRegexp2(t *testing.T) {
	samples, err := ReadCorpusFS(os.DirFS("../testdata/banners"))
	if err != nil {
		t.Fatal(err)
	}
	load := func(e pcre.Engine) *DB {
		db, err := Load(Options{Engine: e}, data.Probes)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	machine, second := load(pcre.Machine), load(pcre.Engine(time.Minute))
	step, enough := 1, 2 // one line in so many is run by regexp2
	if testing.Short() {
		step, enough = 16, 10
	}
	for i := 0; i < len(samples); i += step {
		s := samples[i]
		proto := s.transport()
		want, got := machine.MatchAny([]byte(s.Data), proto), second.MatchAny([]byte(s.Data), proto)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:%d: %+v, by the byte machine %+v", s.File, s.Line, got, want)
		}
	}
	used := 0
	for _, l := range second.Lines() {
		if p := l.prog.Load(); p != nil && p.re.Engine() != pcre.Machine {
			used++
		}
	}
	if used < len(second.Lines())/enough {
		t.Errorf("only %d of %d lines were run by regexp2", used, len(second.Lines()))
	}
}

// A corpus must be able to show that signatures are wrong.
func TestCorpusFindsFaults(t *testing.T) {
	const sigs = "Probe TCP NULL q||\n" +
		"match a m|^hello (\\d+)| p/A/ v/$1/\n" +
		"match b m|^hel| p/B/\n" +
		"softmatch c m|^never|\n" +
		"Probe TCP Get q|G|\n" +
		"match d m|^hello| p/D/\n"
	f, err := ParseFile("t.probes", []byte(sigs))
	if err != nil {
		t.Fatal(err)
	}
	db, err := New(Options{Validate: true}, f)
	if err != nil {
		t.Fatal(err)
	}
	samples, err := ReadCorpus("x/t.jsonl", strings.NewReader(strings.Join([]string{
		`{"probe":"NULL","proto":"tcp","data":"hello 1","service":"a","product":"A","version":"1","source":"recorded"}`,
		`{"probe":"NULL","proto":"tcp","data":"hello 1","service":"a","product":"A","version":"2","source":"recorded"}`,
		`{"probe":"Get","proto":"tcp","data":"hello 1","service":"d","product":"D","source":"unverified"}`,
		`{"probe":"None","proto":"tcp","data":"hello","service":"d","source":"unverified"}`,
		`{"probe":"NULL","proto":"tcp","data":"\u00ff","service":"","source":"documented"}`,
	}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	cov := db.TestCorpus(samples, nil)
	if len(cov.Failures) != 2 || cov.Failures[0].Why != `version is "1", want "2"` || !strings.Contains(cov.Failures[1].Why, `no tcp probe named "None"`) {
		t.Errorf("failures: %+v", cov.Failures)
	}
	if len(cov.Unhit) != 2 || cov.Unhit[0].Line != 3 || cov.Unhit[1].Line != 4 {
		t.Errorf("lines without a banner: %v", cov.Unhit)
	}
	if len(cov.Astray) != 1 || cov.Astray[0].Sample.Line != 5 || cov.Astray[0].Why != "its file is no-line.jsonl" {
		t.Errorf("astray: %+v", cov.Astray)
	}
	if len(cov.AnyOther) != 1 || !cov.AnyOther[0].Broad || cov.AnyOther[0].Sample.Line != 3 {
		t.Errorf("read otherwise: %+v", cov.AnyOther)
	}
	if cov.Lines["recorded"] != 1 || cov.Lines["unverified"] != 1 || cov.Lines[""] != 2 {
		t.Errorf("lines by source: %v", cov.Lines)
	}
	for _, bad := range []string{
		`{`, `{"probe":"NULL","proto":"sctp","source":"recorded"}`, `{"probe":"NULL","proto":"tcp","source":"x"}`,
		`{"probe":"NULL","proto":"tcp","source":"recorded","data":"Ā"}`, `{"probe":"NULL","proto":"tcp","source":"recorded","wat":1}`,
		`{"proto":"tcp","source":"recorded"}`,
	} {
		if _, err := ReadCorpus("t", strings.NewReader("\n"+bad)); err == nil || !strings.HasPrefix(err.Error(), "t:2: ") {
			t.Errorf("%s: error %v, want one at line 2", bad, err)
		}
	}
}
