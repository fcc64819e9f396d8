package request

import "testing"

func TestSpoken(t *testing.T) {
	for _, tt := range []struct {
		name string
		p    Proto
		req  Kind
		data string
		want string
	}{
		{"nothing", TCP, "http-get", "", ""},
		{"an answer needs no request", TCP, "", "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", "http"},
		{"a request is no answer", TCP, "", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", ""},
		{"the words decide, not what was asked", TCP, "http-get", "SSH-2.0-OpenSSH_9.2\r\n", "ssh"},
		{"dns", UDP, "dns-query", "\x12\x34\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03com\x00\x00\x01\x00\x01", "domain"},
		{"rpc by the program called", UDP, "rpc-100003", "\x98\x39\x28\xf7\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "nfs"},
	} {
		if got := Spoken(tt.p, tt.req, []byte(tt.data)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
