package capture

import "testing"

// The ports speak against a server where it has a client's and the other side a server's.
func TestMisplaced(t *testing.T) {
	for _, x := range []struct {
		server, client uint16
		want           bool
	}{
		{50_001, 443, true},
		{50_001, 8080, true},
		{50_001, 20_001, false},
		{50_001, 50_002, false},
		{443, 50_001, false},
		{443, 80, false},
		{20_001, 443, false},
		{8080, 443, false},
	} {
		s := &slot{ap: x.server, bp: x.client}
		if s.misplaced(0) != x.want {
			t.Errorf("%d serving %d: want %v", x.server, x.client, x.want)
		}
		if s = (&slot{ap: x.client, bp: x.server}); s.misplaced(1) != x.want {
			t.Errorf("%d serving %d, the other way about: want %v", x.server, x.client, x.want)
		}
	}
}
