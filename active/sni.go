package active

import (
	"net"
	"strings"
	"sync"

	"earshot/capture"
)

// hostNames are the names of a host that this run has learned: by looking its address up,
// and from the certificates of its ports.
type hostNames struct {
	mu    sync.Mutex
	names []string
}

// maxNames bounds them; what one certificate adds, too.
const maxNames = 8

// add notes a name that can be one of a host. Of a wildcard (RFC 6125 §6.4.3) it is the
// most common host that it stands for.
func (h *hostNames) add(name string) {
	if rest, ok := strings.CutPrefix(name, "*."); ok {
		name = "www." + rest
	}
	if name = strings.TrimSuffix(name, "."); h == nil || !plain(name) || !strings.Contains(name, ".") || net.ParseIP(name) != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.names) < maxNames {
		h.names = append(h.names, name)
	}
}

// certificate notes the names of a certificate.
func (h *hostNames) certificate(facts *capture.TLS) {
	for _, n := range facts.Names[:min(len(facts.Names), maxNames)] {
		h.add(n)
	}
	if len(facts.Names) == 0 {
		h.add(facts.Subject)
	}
}

// first returns the name that was learned first, "" if there is none.
func (h *hostNames) first() string {
	if h == nil {
		return ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.names) == 0 {
		return ""
	}
	return h.names[0]
}

// renamed gives a port that was spoken to by its address alone a name of its host, once:
// many servers of TLS have nothing to say to who does not name them.
func (q *quiet) renamed() bool {
	if q.t.sni != "" {
		return false
	}
	if q.t.sni = q.t.names.first(); q.t.sni == "" {
		return false
	}
	q.p.cfg.tracef("%s: again, for %s", q.t.where(), q.t.sni)
	return true
}

// insideNamed asks inside the tunnel once more, for a name of the host, where nothing was
// said in it to who did not name it.
func (q *quiet) insideNamed() bool {
	if !q.tunnel || q.best.Service != "" || q.family != "" || !q.renamed() {
		return false
	}
	q.hangUp()
	q.silent, q.tired, q.unknown, q.failed = 0, 0, 0, 0
	clear(q.done)
	clear(q.families)
	return true
}
