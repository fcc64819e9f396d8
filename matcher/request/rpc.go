package request

// rpc recognises an ONC RPC message (RFC 5531 §9).
func rpc(b []byte) (Kind, Side) {
	if len(b) < 24 {
		return "", Unknown
	}
	switch be32(b, 4) {
	case 0:
		prog := be32(b, 12)
		if be32(b, 8) != 2 || len(b) < 40 || be32(b, 16) > 1<<20 || be32(b, 20) > 1024 || be32(b, 24) > 400000 || be32(b, 28) > 400 || prog < 1 {
			return "", Unknown
		}
		return rpcCall(prog), Originator
	case 1:
		switch {
		case be32(b, 8) == 0 && be32(b, 12) <= 6 && be32(b, 16) <= 400 && len(b)%4 == 0:
			// accepted: verifier, then accept_stat 0 to 5
			if st := be32(b, 20+int(be32(b, 16))); st >= 0 && st <= 5 {
				return "rpc-answer", Responder
			}
		case be32(b, 8) == 1 && be32(b, 12) <= 1 && len(b) <= 28:
			return "rpc-answer", Responder
		}
	}
	return "", Unknown
}

// rpcStream recognises ONC RPC behind a record mark (RFC 5531 §11).
func rpcStream(b []byte) (Kind, Side) {
	if be32(b, 4)&^1 == 0x20008086 {
		return "", Unknown // libvirt's own protocol: a length, and its program's number
	}
	if n := be32(b, 0) & 0x7fffffff; len(b) < 28 || n < 24 || n > 4<<20 {
		return "", Unknown
	}
	return rpc(b[4 : len(b)-len(b)%4])
}

// rpcProgram is a program of ONC RPC that calls are heard of: its number, the kind
// of a call to it and the name of its service.
type rpcProgram struct {
	number int64
	kind   Kind
	name   string
}

// rpcPrograms are those that are met on networks (RFC 5531 section 13; IANA's
// registry of RPC program numbers; VXI-11.1 section B.6; kadm5 of MIT Kerberos).
func rpcPrograms() [24]rpcProgram {
	return [...]rpcProgram{
		{100000, "rpc-100000", "rpcbind"},
		{100003, "rpc-100003", "nfs"},
		{100005, "rpc-100005", "mountd"},
		{100021, "rpc-100021", "nlockmgr"},
		{100024, "rpc-100024", "status"},
		{100227, "rpc-100227", "nfs_acl"},
		{100011, "rpc-100011", "rquotad"},
		{14398633, "rpc-14398633", "glusterd"},
		{100001, "rpc-100001", "rstatd"},
		{100002, "rpc-100002", "rusersd"},
		{100004, "rpc-100004", "ypserv"},
		{100007, "rpc-100007", "ypbind"},
		{100008, "rpc-100008", "walld"},
		{100009, "rpc-100009", "yppasswdd"},
		{100012, "rpc-100012", "sprayd"},
		{100017, "rpc-100017", "rexd"},
		{100026, "rpc-100026", "bootparam"},
		{100028, "rpc-100028", "ypupdated"},
		{100069, "rpc-100069", "ypxfrd"},
		{150001, "rpc-150001", "pcnfsd"},
		{391002, "rpc-391002", "sgi_fam"},
		{395183, "rpc-395183", "vxi-11"}, // instruments: the core channel
		{395184, "rpc-395184", "vxi-11"}, // its abort channel
		{2112, "rpc-2112", "kerberos-adm"},
	}
}

// rpcCall is the kind of a call to the program of that number.
func rpcCall(number int64) Kind {
	for _, p := range rpcPrograms() {
		if p.number == number {
			return p.kind
		}
	}
	return "rpc-call"
}

// rpcService names the service that a call of kind k is for.
func rpcService(k Kind) string {
	for _, p := range rpcPrograms() {
		if p.kind == k {
			return p.name
		}
	}
	return "rpc"
}

// IsProgram reports whether a service is one of those that are called by RPC.
func IsProgram(service string) bool {
	for _, p := range rpcPrograms() {
		if p.name == service {
			return true
		}
	}
	return false
}
