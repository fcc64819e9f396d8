package report

import (
	"fmt"
	"io"
	"strings"

	"earshot/capture"
)

// sshFacts are what a service's key exchanges tell, of the strongest claim.
func (r *row) sshFacts() *capture.SSH {
	for i := range r.Evidence {
		if e := &r.Evidence[i]; e.SSH != nil && e.Via != capture.Proxied {
			return e.SSH
		}
	}
	return nil
}

// ssh writes what a server offers, named as Suricata's ssh events name it.
func (o *object) ssh(x *capture.SSH) {
	if x == nil {
		return
	}
	hash := object{'{'}
	hash.str("hash", x.HASSHServer)
	hash.str("string", strings.Join([]string{x.Kex, x.Ciphers, x.MACs, x.Compression}, ";"))
	server := object{'{'}
	server.key("hassh")
	server = append(append(server, hash...), '}')
	server.str("host_key_algorithms", x.HostKeys)
	j := object{'{'}
	j.key("server")
	j = append(append(j, server...), '}')
	o.key("ssh")
	*o = append(append(*o, j...), '}')
}

// explainSSH tells all that a server offers.
func explainSSH(w io.Writer, x *capture.SSH) {
	fmt.Fprintf(w, "       SSH: hasshServer %s\n", clean(x.HASSHServer))
	for _, f := range [...]struct{ name, value string }{
		{"key exchange", x.Kex}, {"host keys", x.HostKeys}, {"ciphers", x.Ciphers}, {"MACs", x.MACs}, {"compression", x.Compression},
	} {
		if f.value != "" {
			fmt.Fprintf(w, "       %s: %s\n", f.name, clean(f.value))
		}
	}
}
