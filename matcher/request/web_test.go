package request

import "testing"

func TestAuthority(t *testing.T) {
	for req, want := range map[string][2]string{
		"GET http://a.example/x HTTP/1.1\r\n":           {"a.example", "a.example"},
		"POST http://a.example:81 HTTP/1.1\r\n":         {"a.example:81", "a.example"},
		"GET https://a.example/ HTTP/1.1\r\n":           {"a.example", "a.example"},
		"GET HTTP://me:secret@a.example?x HTTP/1.1\r\n": {"a.example", "a.example"},
		"GET http://[2001:db8::1]:81/ HTTP/1.1\r\n":     {"[2001:db8::1]:81", "2001:db8::1"},
		"GET http://[2001:db8::1/ HTTP/1.1\r\n":         {"[2001:db8::1", ""},
		"GET ftp://a.example/ HTTP/1.0\r\n":             {"a.example", "a.example"},
		"GET http://a.example HTTP/1.1":                 {"a.example", "a.example"}, // the line goes on
		"GET http://a.exam":                             {"a.exam", "a.exam"},
		"OPTIONS rtsp://a.example/ RTSP/1.0\r\n":        {},
		"INVITE sip:bob@a.example SIP/2.0\r\n":          {},
		"GET / HTTP/1.1\r\n":                            {},
		"GET /?u=http://a.example HTTP/1.1\r\n":         {},
		"GET httpss://a.example/ HTTP/1.1\r\n":          {},
		"get http://a.example/ HTTP/1.1\r\n":            {},
		"GET http":                                      {},
		"":                                              {},
		" http://x":                                     {},
	} {
		if got := string(Authority([]byte(req))); got != want[0] {
			t.Errorf("%q: %q, want %q", req, got, want[0])
		}
		if got := string(Host([]byte(req))); got != want[1] {
			t.Errorf("%q: host %q, want %q", req, got, want[1])
		}
	}
}
