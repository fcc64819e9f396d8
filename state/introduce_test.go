package state

import (
	"testing"

	"earshot/matcher"
)

// What a strict database says is left as it is.
func TestIntroduceStrict(t *testing.T) {
	for _, strict := range []bool{false, true} {
		e := Evidence{Banner: []byte("HTTP/1.1 200 OK\r\nServer: Apache/2.4.71 (Debian)\r\n\r\n"), Result: matcher.Result{Kind: matcher.Hard, Service: "http", Strict: strict}}
		e.Result.Product = "Apache httpd"
		h := &Host{Services: []Service{{Evidence: []Evidence{e}}}}
		if b := h.Beliefs(nil); b[0].OS != map[bool]string{false: "Linux"}[strict] {
			t.Errorf("strict %v: system %q", strict, b[0].OS)
		}
	}
}
