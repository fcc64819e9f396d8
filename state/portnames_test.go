package state

import (
	"strings"
	"testing"

	"earshot/matcher/request"
)

func TestReadPortNames(t *testing.T) {
	n, err := ReadPortNames(strings.NewReader("# names\nhttp\t80/tcp\nwww\t80/tcp\ndomain\t53/udp\n\nm2ua\t2904/sctp\nx\t9/ddp\nlast\t65535/tcp\n"))
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
		if _, err := ReadPortNames(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), where) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzReadPortNames(f *testing.F) {
	f.Add("http\t80/tcp\n# x\n\ndomain\t53/udp\n", uint16(80))
	f.Add("x\t1/tcp/udp\n", uint16(1))
	f.Fuzz(func(t *testing.T, text string, port uint16) {
		n, err := ReadPortNames(strings.NewReader(text))
		if err != nil {
			return
		}
		if got := n.Name(request.TCP, port); got != "" && !strings.Contains(text, got+"\t") {
			t.Errorf("%q is not in the table", got)
		}
	})
}
