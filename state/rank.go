package state

import (
	"bytes"
	"cmp"

	"earshot/capture"
	"earshot/matcher"
)

// Confidence values, nmap's scale of 0 to 10. nmap itself knows 10 (matched), 8
// (tcpwrapped) and 3 (port table); ours between say how a name was heard. A name
// at 5 or below is shown with a question mark.
const (
	confHard    = 10 // a match line, asked with the words that provoked the answer
	confHardAny = 8  // a match line, the request not recognised
	confSoft    = 8  // a softmatch line: the service, not the product
	confSoftAny = 7  // a softmatch line, the request not recognised
	confSpoken  = 6  // the shape of the words: a message of that protocol, no line for it
	confALPN    = 9  // the protocol the server chose in its TLS handshake
	confTLS     = 8  // a TLS handshake and nothing of what is inside: service "ssl"
	confGuess   = 5  // a TLS handshake; inside by the client's offer or the port's name
	confAsked   = 5  // what the client asked for, and got an answer that is not known
	confTable   = 3  // the port's name and nothing else
	confMid     = 1  // taken off when the beginning of the words was not seen
)

// Claims are weighed by what they say, whoever is asked. First by their kind: a line
// that was asked with the right words, hard over soft, then words of a known shape,
// then a line that was found among all lines, hard over soft, then a TLS handshake,
// then what was asked for. Then the endpoint's own words over another's, whole words
// over words from the middle, product with version over product over neither.
type rank [4]int8

func rankOf(e *Evidence) rank {
	r := rank{0: e.kindRank(), 3: e.detail()}
	if e.Via == capture.Direct {
		r[1] = 1
	}
	if !e.Mid {
		r[2] = 1
	}
	return r
}

// kindRank weighs a claim by its kind.
func (e *Evidence) kindRank() int8 {
	k, sure := e.Result.Kind, !e.Result.Any
	switch {
	case e.Result.Service == Wrapped:
		return 1 // said nothing at all
	case e.TLS != nil:
		return 4
	case k == matcher.Hard && sure:
		return 9
	case e.brief():
		return 3
	case k == matcher.Soft && sure:
		return 8
	case k == matcher.Hard:
		return 6
	case k == matcher.Soft:
		return 5
	case e.Result.Service == "":
		return 0
	case e.ciphered():
		return 1
	case sure && e.Result.Service == "rtp":
		return 1 // STUN and DTLS share its ports
	case sure && carrier(e.Result.Service):
		return 5 // a line says what is spoken in it
	case sure:
		return 7
	case e.Request != "":
		return 3
	}
	return 2
}

// detail weighs a claim by how much it says.
func (e *Evidence) detail() int8 {
	switch {
	case e.TLS != nil && e.TLS.ALPN != "":
		return 2
	case e.TLS != nil && len(e.TLS.Offered) > 0:
		return 1
	case e.Result.Product != "" && e.Result.Version != "":
		return 2
	case e.Result.Product != "":
		return 1
	}
	return 0
}

// compare orders ranks, the stronger first.
func (r rank) compare(o rank) int {
	for i := range r {
		if c := cmp.Compare(o[i], r[i]); c != 0 {
			return c
		}
	}
	return 0
}

// compareContent orders claims by their content alone, the stronger first.
func compareContent(a, b *claim) int {
	return cmp.Or(rankOf(&a.Evidence).compare(rankOf(&b.Evidence)), bytes.Compare(a.key[:], b.key[:]))
}

// compareClaims orders claims as Believe weighs them: by rank, the newer first, and
// by content between claims of one rank and time.
func compareClaims(a, b *claim) int {
	return cmp.Or(rankOf(&a.Evidence).compare(rankOf(&b.Evidence)), b.Last.Compare(a.Last),
		bytes.Compare(a.key[:], b.key[:]))
}

// Wrapped is the service name of a port that accepts connections and closes them
// without a word, as TCP wrappers do (nmap 7.93, measured). Only a prober says so.
const Wrapped = "tcpwrapped"

// confidence says how sure a claim with a match is.
func confidence(e *Evidence) int {
	c := confSpoken
	switch {
	case e.Result.Kind == matcher.Hard && !e.Result.Any:
		c = confHard
	case e.Result.Kind == matcher.Hard:
		c = confHardAny
	case e.brief():
		c = confAsked
	case e.Result.Kind == matcher.Soft && !e.Result.Any:
		c = confSoft
	case e.Result.Kind == matcher.Soft:
		c = confSoftAny
	case e.Result.Any:
		c = confAsked
	}
	if e.Mid {
		c -= confMid
	}
	return c
}

// ciphered reports whether a claim's words are of the shape of TLS, DTLS or QUIC,
// and no facts could be read from them.
func (e *Evidence) ciphered() bool {
	if e.TLS != nil || e.Result.Kind == matcher.Hard || e.Result.Kind == matcher.Soft {
		return false
	}
	s := e.Result.Service
	return s == "ssl" || s == "dtls" || s == "quic"
}

// brief reports whether a claim rests on so few bytes, overheard without a request, that
// they may answer one that was not heard: "+OK" greets in POP3, and is what Redis says of
// many a command.
func (e *Evidence) brief() bool {
	return e.Source == Passive && e.Result.Kind == matcher.Soft && e.Request == "" && e.Size > 0 && e.Size <= 5 && slight(e.Result.Service)
}

// named reports whether a claim names the service by its words.
func (e *Evidence) named() bool { return e.Result.Service != "" && e.TLS == nil && !e.ciphered() }
