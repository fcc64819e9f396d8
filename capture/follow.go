package capture

// next says what the rest of a connection is, after an exchange.
type next uint8

// What may follow. After nextTLS and nextProxied the follower starts afresh:
// the next exchange is read without memory of the ones before.
const (
	nextSame    next = iota // more exchanges of the same kind may follow
	nextTLS                 // the next bytes begin a TLS handshake of the same service: Via is StartTLS
	nextProxied             // what follows is another host's: Via is Proxied, Target is step.target
	nextStop                // nothing that follows can be read: cipher text, frames of another layer
)

// step is what a follower makes of the head of a turn: how much of it is the
// first exchange, and what comes after that exchange.
type step struct {
	next   next
	req    int    // bytes of the request that belong to the exchange
	data   int    // bytes of the answer that belong to the exchange
	skip   int64  // bytes of the same answer that the responder has yet to send, beyond data; 0 if none or not known
	target string // with nextProxied: the host:port the client asked for
}

// follower watches the turns of one connection for the places where its
// language changes. The zero follower is ready at a connection's first byte.
//
// A turn is what the originator sent since it last spoke, and what the
// responder sent in answer. A turn holds several exchanges if the client
// pipelined, or if the words after a change of language came at once (a server
// that talks first behind a proxy); so the caller asks again with what is left:
//
//	for len(req) > 0 || len(data) > 0 {
//		s := f.turn(req, data)
//		deliver(req[:s.req], data[:s.data])
//		req, data = req[s.req:], data[s.data:]
//	}
//
// turn takes at least one byte of the two whenever there is one.
type follower struct {
	greeted greeting // what the responder's first words were
}

// greeting is what a responder that talks first was seen to speak.
type greeting uint8

// turn reads the first exchange of a turn. Either side may be empty: a server
// that talks first, a request without an answer. It looks at no more than the
// heads it is given and keeps none of them.
func (f *follower) turn(req, data []byte) step {
	return step{next: nextSame, req: len(req), data: len(data)}
}
