package state

import (
	"strings"
	"testing"

	"earshot/matcher/request"
)

func TestReadPortNames(t *testing.T) {
	n, err := ReadPortNames("# names\nhttp\t80/tcp\nwww\t80/tcp\ndomain\t53/udp\n\nm2ua\t2904/sctp\nx\t9/ddp\nlast\t65535/tcp\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		proto request.Proto
		port  uint16
		want  string
	}{
		{request.TCP, 80, "http"},
		{request.UDP, 53, "domain"},
		{request.SCTP, 2904, "m2ua"},
		{request.TCP, 65535, "last"},
		{request.UDP, 80, ""},
		{request.TCP, 9, ""},
		{request.TCP, 53, ""},
	} {
		if got := n.Name(x.proto, x.port); got != x.want {
			t.Errorf("%v %d: %q, want %q", x.proto, x.port, got, x.want)
		}
	}
	if (*PortNames)(nil).Name(request.TCP, 80) != "" {
		t.Error("no table has names")
	}
	for bad, where := range map[string]string{"http 80/tcp\n": "line 1", "# x\nhttp\t65536/tcp\n": "line 2", "\n\n\t80/tcp\n": "line 3", "http\t-1/tcp": "line 1", "http\t/tcp": "line 1"} {
		if _, err := ReadPortNames(bad); err == nil || !strings.Contains(err.Error(), where) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzReadPortNames(f *testing.F) {
	f.Add("http\t80/tcp\n# x\n\ndomain\t53/udp\n", uint16(80))
	f.Add("x\t1/tcp/udp\n", uint16(1))
	f.Fuzz(func(t *testing.T, text string, port uint16) {
		n, err := ReadPortNames(text)
		if err != nil {
			return
		}
		if got := n.Name(request.TCP, port); got != "" && !strings.Contains(text, got+"\t") {
			t.Errorf("%q is not in the table", got)
		}
	})
}

// A table may name ports in any order, and end its lines in CR LF.
func TestReadPortNamesUnordered(t *testing.T) {
	n, err := ReadPortNames("b\t80/udp\r\nlast\t443/tcp\na\t80/tcp\nsecond\t80/udp\nlow\t0/sctp\n")
	if err != nil {
		t.Fatal(err)
	}
	for want, got := range map[string]string{
		"b": n.Name(request.UDP, 80), "a": n.Name(request.TCP, 80), "last": n.Name(request.TCP, 443), "low": n.Name(request.SCTP, 0),
		"": n.Name(request.TCP, 0) + n.Name(request.Cert, 80),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
