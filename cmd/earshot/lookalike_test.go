package main

import (
	"encoding/json"
	"html"
	"os"
	"regexp"
	"strings"
	"testing"

	"earshot/data"
	"earshot/matcher"
	"earshot/matcher/request"
)

// titleOf finds a page's title.
var titleOf = regexp.MustCompile(`(?is)<title[^>]*>\s*([^<]{1,200}?)\s*</title>`)

// note is a page of somebody's own, from a server that does not say its name: the title, what
// else stands in its head, and its words.
func note(title, head, words string) string {
	return "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 04:00:00 GMT\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n" +
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" + head + "<title>" + title + "</title>\n</head>\n<body>\n" + words + "\n</body>\n</html>\n"
}

// lookalikes are answers of other servers that hold what an application's answer s holds.
func lookalikes(s string) map[string]string {
	out := map[string]string{}
	_, body, _ := strings.Cut(s, "\r\n\r\n")
	if m := titleOf.FindStringSubmatch(body); m != nil {
		out["an icon with its title"] = note("My notes", "", "<svg viewBox=\"0 0 24 24\"><title>"+m[1]+"</title><path d=\"M0 0h24\"/></svg>")
		out["its title in a comment"] = note("My notes", "<!-- <title>"+m[1]+"</title> -->\n", "<p>Nothing yet.</p>")
		out["its title in a form"] = note("My notes", "", "<textarea>"+m[0]+"</textarea>")
		out["a page of a generator with its title"] = note(m[1], "<meta name=\"generator\" content=\"Hugo 0.101.0\">\n", "<p>What we run.</p>")
	}
	if len(body) > 0 {
		quoted, _ := json.Marshal(body)
		out["its page in another's JSON"] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"id\":7,\"status\":200,\"response\":" + string(quoted) + "}"
	}
	if strings.Contains(body, "<body") {
		out["its page in a tutorial"] = note("How I set it up", "", "<pre>"+html.EscapeString(body)+"</pre>")
	}
	return out
}

// What is written about an application is not taken for it: no line may name the product of an
// HTTP banner in an answer of another server that only quotes the banner.
func TestLookalikes(t *testing.T) {
	db, err := matcher.Load(matcher.Options{}, data.Probes)
	if err != nil {
		t.Fatal(err)
	}
	probes := map[string]*matcher.Probe{}
	for _, l := range db.Lines() {
		if l.Probe.Proto == request.TCP {
			probes[l.Probe.Name] = l.Probe
		}
	}
	samples, err := matcher.ReadCorpusFS(os.DirFS("../../testdata/banners"))
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for i := range samples {
		s := &samples[i]
		if s.Proto != "tcp" || s.Soft || s.Product == "" || !strings.HasPrefix(string(s.Data), "HTTP/") {
			continue
		}
		for kind, like := range lookalikes(string(s.Data)) {
			tried++
			if r := db.Match([]byte(like), probes[s.Probe]); r.Kind == matcher.Hard && r.Product == s.Product {
				t.Errorf("%s:%d: %s is taken for %s by %s:%d", s.File, s.Line, kind, r.Product, r.File, r.Line)
			}
		}
	}
	if len(samples) == 0 || tried < len(samples)/4 {
		t.Fatalf("only %d look-alikes were tried", tried)
	}
}

// Others answer our questions, too, and a page that quotes an answer is none.
func TestLookalikesOfAnswers(t *testing.T) {
	db, err := matcher.Load(matcher.Options{}, data.Probes)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ probe, what, answer string }{
		{"PrometheusBuild", "Thanos", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" +
			`{"status":"success","data":{"version":"0.35.0","revision":"a1b2c3d","branch":"HEAD","buildUser":"","buildDate":"","goVersion":"go1.21.9"}}`},
		{"PrometheusBuild", "a note", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n$ curl -i http://box:9090/api/v1/status/buildinfo\n" +
			"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"status\":\"success\",\"data\":{\"version\":\"2.42.0\",\"revision\":\"a1b2c3d\"}}\n"},
		{"ConsulAgent", "anybody", "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nPermission denied"},
		{"NATSVarz", "a note", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n$ curl -i http://box:8222/varz\n" +
			"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\n  \"server_id\": \"NCZ7T5YQ5R4V6SPRM6CPXQKJ2UHH\",\n  \"server_name\": \"n1\",\n  \"version\": \"2.9.10\"\n}\n"},
	} {
		for _, l := range db.Lines() {
			if l.Probe.Name != x.probe {
				continue
			}
			if r := db.Match([]byte(x.answer), l.Probe); r.Product != "" {
				t.Errorf("%s: %s is taken for %s by %s:%d", x.probe, x.what, r.Product, r.File, r.Line)
			}
			break
		}
	}
}
