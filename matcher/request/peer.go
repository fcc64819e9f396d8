package request

// bittorrent recognises the peer protocol's handshake (BEP 3); both sides send it.
func bittorrent(b []byte) (Kind, Side) {
	if has(b, 0, "\x13BitTorrent protocol") {
		return "bittorrent-handshake", Unknown
	}
	return "", Unknown
}

// edonkey recognises eDonkey's hello and the answer to it.
func edonkey(b []byte) (Kind, Side) {
	if b[0] != 0xe3 && b[0] != 0xc5 && b[0] != 0xd4 || len(b) < 7 || le32(b, 1) != int64(len(b)-5) {
		return "", Unknown
	}
	switch b[5] {
	case 0x01:
		return "edonkey-hello", Originator
	case 0x4c:
		return "edonkey-answer", Responder
	}
	return "", Unknown
}

// kad recognises eMule's distributed table, its second version: bootstrap, hello, search.
func kad(b []byte) (Kind, Side) {
	if b[0] != 0xe4 {
		return "", Unknown
	}
	n := len(b)
	switch at(b, 1) {
	case 0x01, 0x60:
		if n == 2 {
			return "edonkey-kad", Originator
		}
	case 0x11:
		if n >= 22 && n < 60 {
			return "edonkey-kad", Originator
		}
	case 0x21:
		if n == 35 {
			return "edonkey-kad", Originator
		}
	case 0x09:
		if n >= 23 && (n-23)%25 == 0 {
			return "edonkey-answer", Responder
		}
	case 0x19:
		if n >= 22 && n < 60 {
			return "edonkey-answer", Responder
		}
	case 0x29:
		if n == 19+25*at(b, 18) {
			return "edonkey-answer", Responder
		}
	}
	return "", Unknown
}

// bitcoin recognises a version message; the side that connects sends it first.
func bitcoin(b []byte) (Kind, Side) {
	if has(b, 0, "\xf9\xbe\xb4\xd9version\x00\x00\x00\x00\x00") {
		return "bitcoin-version", Unknown
	}
	return "", Unknown
}

// levin recognises the packets of CryptoNote's peers: a signature, a length, flags which
// tell a request from an answer.
func levin(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "\x01\x21\x01\x01\x01\x01\x01\x01"):
		return "", Unknown
	case len(b) < 33:
		return "levin-packet", Unknown
	case le32(b, 25)&2 != 0:
		return "levin-answer", Responder
	}
	return "levin-request", Originator
}

// discovery recognises the search for Ethereum's nodes (its discovery protocol, version 4):
// a hash, a signature, the kind, a list.
func discovery(b []byte) (Kind, Side) {
	if len(b) < 100 || len(b) > 1280 || at(b, 96) > 1 || at(b, 97) < 1 || b[97] > 6 || b[98] < 0xc1 {
		return "", Unknown
	}
	switch c := int(b[98]); { // the list's length (RLP) is that of the rest, or shorter
	case c <= 0xf7 && 99+c-0xc0 > len(b), c == 0xf8 && 100+at(b, 99) > len(b), c == 0xf9 && 101+be16(b, 99) > len(b), c > 0xf9:
		return "", Unknown
	}
	if b[97]&1 == 1 {
		return "ethereum-query", Originator
	}
	return "ethereum-answer", Responder
}

// utp recognises the first packet of BitTorrent's transport (BEP 29): the answer is a
// header as bare.
func utp(b []byte) (Kind, Side) {
	if at(b, 0) == 1 && at(b, 1) == 0 && has(b, 20, "\x13BitTorrent protocol") {
		return "utp-data", Unknown
	}
	if len(b) < 20 || b[0] != 0x41 || b[1] != 0 && b[1] != 2 || be16(b, 16) != 1 || be16(b, 18) != 0 || be32(b, 8) != 0 || be32(b, 12) < 1<<10 {
		return "", Unknown
	}
	if b[1] == 0 && len(b) != 20 || b[1] == 2 && (len(b) != 30 || !has(b, 20, "\x00\x08")) {
		return "", Unknown
	}
	return "utp-syn", Originator
}

// bittracker recognises a tracker's connection request (BEP 15).
func bittracker(b []byte) (Kind, Side) {
	if len(b) == 16 && has(b, 0, "\x00\x00\x04\x17\x27\x10\x19\x80\x00\x00\x00\x00") {
		return "bittracker-connect", Originator
	}
	return "", Unknown
}

// dht recognises the messages of BitTorrent's hash table (BEP 5).
func dht(b []byte) (Kind, Side) {
	switch {
	case !has(b, 0, "d1:"):
	case has(b, 3, "ad2:id20:"):
		if within(b, 512, "4:ping") {
			return "dht-ping", Originator
		}
		return "dht-query", Originator
	case has(b, 3, "rd2:id20:"), has(b, 3, "eli20"), has(b, 3, "rd"):
		return "dht-answer", Responder
	}
	return "", Unknown
}

// gnutella recognises Gnutella's messages in datagrams: a number of 16 bytes, two of which are
// fixed in version 0.6, a kind, hops and the length of the rest.
func gnutella(b []byte) (Kind, Side) {
	n := le32(b, 19)
	if len(b) < 23 || n != int64(len(b)-23) || b[8] != 0xff || b[15] != 0 || b[17] < 1 || b[17] > 8 || b[18] > 8 {
		return "", Unknown
	}
	switch b[16] {
	case 0x00, 0x80:
		return "gnutella-ping", Originator
	case 0x01, 0x81:
		if n >= 14 {
			return "gnutella-answer", Responder
		}
	}
	return "", Unknown
}

// overlay recognises the announcements and probes of private networks over the Internet
// and of file sharers, by their magic numbers.
func overlay(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\x2e\xa7\xd9\x0b") && len(b) > 20:
		return "syncthing-announce", Unknown
	case has(b, 0, "TS\xf0\x9f\x92\xac") && len(b) >= 62:
		return "tailscale-disco", Unknown
	}
	return first(b, nebula, memberlist, minetest, roughtime)
}

// electrum recognises what wallets ask of their servers in JSON (Electrum's protocol, "Methods").
func electrum(b []byte) (Kind, Side) {
	if within(b, 256, `"method"`) && (within(b, 256, `"server.version"`) || within(b, 256, `"blockchain.`) || within(b, 256, `"server.features"`)) {
		return "electrum-call", Originator
	}
	return "", Unknown
}

// stratum recognises the talk of those who mine coins with their pool: JSON-RPC with methods
// of its own. b is JSON.
func stratum(b []byte) (Kind, Side) {
	switch {
	case within(b, 512, `"mining.set_`), within(b, 512, `"mining.notify"`), within(b, 512, `"job":`) && within(b, 512, `"blob"`):
		return "jsonrpc-job", Responder
	case within(b, 256, `"mining.`), within(b, 256, `"eth_submitLogin"`), within(b, 256, `"eth_getWork"`),
		within(b, 256, `"login"`) && within(b, 512, `"agent"`) && within(b, 512, `"pass"`):
		return "jsonrpc-mining", Originator
	}
	return "", Unknown
}

// agora recognises the answer of Agora's network: tags in the manner of QUIC's first versions.
func agora(b []byte) (Kind, Side) {
	if len(b) > 40 && b[0] == 0 && zero(b, 4, 6) && has(b, 13, "PEID\x04\x00") {
		return "agora-answer", Responder
	}
	return "", Unknown
}

// dropbox recognises how Dropbox finds itself on the neighbours' machines.
func dropbox(b []byte) (Kind, Side) {
	if has(b, 0, `{"version": [`) && within(b, 256, `"host_int"`) || has(b, 0, `{"host_int"`) {
		return "dropbox-announce", Responder
	}
	return "", Unknown
}

// bitcoinMessage recognises any message of Bitcoin's peers and of their children (Bitcoin's
// protocol documentation, "Message structure"): four bytes that tell the network, a command
// filled up with zeros to twelve bytes, a length, a sum.
func bitcoinMessage(b []byte) (Kind, Side) {
	if len(b) < 24 || le32(b, 16) > 1<<25 {
		return "", Unknown
	}
	for _, c := range [...]string{"version", "verack", "ping", "pong", "inv", "getdata", "addr", "addrv2", "headers", "getheaders", "getblocks", "getaddr", "tx", "block", "sendheaders", "sendcmpct", "feefilter", "wtxidrelay", "sendaddrv2"} {
		if has(b, 4, c) && zero(b, 4+len(c), 16) {
			return "bitcoin-message", Unknown
		}
	}
	return "", Unknown
}

// bittorrentBlock recognises what BitTorrent's peers say to each other all the time (BEP 3): a
// block of a piece is asked for, or sent.
func bittorrentBlock(b []byte) (Kind, Side) {
	const block = 1 << 14
	switch n := be32(b, 0); {
	case n == 13 && at(b, 4) == 6 && be32(b, 9)%block == 0 && be32(b, 13) == block,
		n == block+9 && at(b, 4) == 7 && len(b) >= 13 && be32(b, 9)%block == 0 && be32(b, 9) < 1<<25 && be32(b, 5) < 1<<17:
		return "bittorrent-block", Unknown
	}
	return "", Unknown
}

// soulseek recognises how a client logs in at Soulseek's server, and how a peer calls another (the
// protocol as its clients' authors wrote it down): lengths, a code, names.
func soulseek(b []byte) (Kind, Side) {
	n := le32(b, 0)
	switch {
	case n < 10 || n > 512 || n+4 < int64(len(b)) && len(b) < int(n)+8:
	case le32(b, 4) == 1:
		name, second := soulseekString(b, 8)
		if name == 0 || n < 24 {
			break
		}
		if words, _ := soulseekString(b, second); words > 0 {
			return "soulseek-login", Originator
		}
	case at(b, 4) == 1: // a peer's codes have one byte
		if name, kind := soulseekString(b, 5); name > 0 && le32(b, kind) == 1 && (at(b, kind+4) == 'P' || at(b, kind+4) == 'F' || at(b, kind+4) == 'D') {
			return "soulseek-peer", Originator
		}
	}
	return "", Unknown
}

// soulseekString returns the length of a string that stands at i behind that, and where it ends; the
// length is 0 if there is none.
func soulseekString(b []byte, i int) (n, end int) {
	size := le32(b, i)
	if size < 1 || size > 64 || int64(len(b)) < int64(i)+4+size || !printable(b[i+4:i+4+int(size)]) {
		return 0, 0
	}
	return int(size), i + 4 + int(size)
}

// edonkeyServer recognises how a server of eDonkey is asked for how it does, and who it is: a mark, a code, a
// number that comes back.
func edonkeyServer(b []byte) (Kind, Side) {
	if b[0] != 0xe3 {
		return "", Unknown
	}
	switch n := len(b); {
	case at(b, 1) == 0x96 && n == 6, at(b, 1) == 0xa2 && (n == 2 || n == 6):
		return "edonkey-status", Originator
	case at(b, 1) == 0x97 && n >= 14 && n <= 64 && n%4 == 2:
		return "edonkey-answer", Responder
	}
	return "", Unknown
}
