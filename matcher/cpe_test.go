package matcher

import "testing"

func TestCPE23(t *testing.T) {
	for _, tt := range []struct{ uri, want string }{
		// NISTIR 7695, examples of §6.1.3.2 bound as §6.2.2 says.
		{"cpe:/a:microsoft:internet_explorer:8.0.6001:beta", "cpe:2.3:a:microsoft:internet_explorer:8.0.6001:beta:*:*:*:*:*:*"},
		{"cpe:/a:microsoft:internet_explorer:8.%2a:sp%3f", `cpe:2.3:a:microsoft:internet_explorer:8.\*:sp\?:*:*:*:*:*:*`},
		{"cpe:/a:microsoft:internet_explorer:8.%02:sp%01", "cpe:2.3:a:microsoft:internet_explorer:8.*:sp?:*:*:*:*:*:*"},
		{"cpe:/a:hp:insight_diagnostics:7.4.0.1570::~~online~win2003~x64~", "cpe:2.3:a:hp:insight_diagnostics:7.4.0.1570:*:*:*:online:win2003:x64:*"},
		{"cpe:/a:hp:openview_network_manager:7.51:-:~~~linux~~", "cpe:2.3:a:hp:openview_network_manager:7.51:-:*:*:*:linux:*:*"},
		{"cpe:/a:foo~bar:big%7emoney_2010", `cpe:2.3:a:foo\~bar:big\~money_2010:*:*:*:*:*:*:*:*`},
		{"cpe:/a:foo%5cbar:big%24money_manager_2010:::~~special~ipod_touch~80gb~", `cpe:2.3:a:foo\\bar:big\$money_manager_2010:*:*:*:*:special:ipod_touch:80gb:*`},
		{"cpe:/a:foo%5cbar:big%24money_2010%07:::~~special~ipod_touch~80gb~", ""},
		{"cpe:/a:openbsd:openssh:9.2p1", "cpe:2.3:a:openbsd:openssh:9.2p1:*:*:*:*:*:*:*"},
		{"cpe:/o:linux:linux_kernel", "cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*"},
		{"cpe:/h:Cisco:c++", `cpe:2.3:h:cisco:c\+\+:*:*:*:*:*:*:*:*`},
		{"cpe:/a", "cpe:2.3:a:*:*:*:*:*:*:*:*:*:*"},
		{"cpe:/x:a", ""},
		{"cpe:/ab:c", ""},
		{"cpe:2.3:a:b", ""},
		{"cpe:/a:b:c:d:e:f:g:h", ""},
		{"cpe:/a:b%", ""},
		{"cpe:/a:b%4", ""},
		{"cpe:/a:b%4z", ""},
		{"cpe:/a:b%21", `cpe:2.3:a:b\!:*:*:*:*:*:*:*:*:*`},
		{"cpe:/a:b%zz", ""},
		{"cpe:/a:b:c:::~a~b", ""},
		{"", ""},
	} {
		got, ok := CPE23(tt.uri)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: got %s, %v, want %s", tt.uri, got, ok, tt.want)
		}
	}
}
