package matcher

import "strings"

// VersionText is the VERSION column of a report: product, version and extra info
// in parentheses, joined by single blanks, at most 159 bytes. A piece is left out
// when fewer than 8 bytes of room are left, and cut, ending in "...", when it does
// not fit (nmap 7.93, measured).
func (f *Fields) VersionText() string {
	const most, least = 159, 8
	var b strings.Builder
	add := func(before, text, after string) {
		if text == "" || most-b.Len() < least {
			return
		}
		if b.Len() > 0 {
			before = " " + before
		}
		room := most - b.Len() - len(before) - len(after)
		if len(text) > room {
			text = text[:room-3] + "..."
		}
		b.WriteString(before + text + after)
	}
	add("", f.Product, "")
	add("", f.Version, "")
	add("(", f.Info, ")")
	return b.String()
}

// Merge puts the result of a later response of one service, next, over that of
// an earlier one, prev, as nmap 7.93 does: each field that next
// sets overwrites, a field it leaves empty keeps prev's. A hard prev stays as it
// is; so does a soft prev when next is soft too, or is nothing.
//
// nmap keeps prev's fields whatever next says the service is. Here they are
// kept only when both name one service, and version, extra info and the
// application's CPE only when next does not name another product: else the
// version of one product would be shown for another. strict is nmap's way.
func Merge(prev, next Result, strict bool) Result {
	switch {
	case prev.Kind == Hard:
		return prev
	case prev.Kind == Soft && next.Kind != Hard:
		prev.Degraded = prev.Degraded || next.Degraded
		return prev
	case prev.Kind != Soft || next.Kind != Hard:
		if next.Kind == None && prev.Kind == Timeout {
			return prev
		}
		return next
	}
	if !strict && (prev.Service != next.Service || prev.Tunnel != next.Tunnel) {
		return next
	}
	keep := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	same := strict || next.Product == "" || next.Product == prev.Product
	keep(&next.Product, prev.Product)
	keep(&next.Hostname, prev.Hostname)
	keep(&next.OS, prev.OS)
	keep(&next.Device, prev.Device)
	if same {
		keep(&next.Version, prev.Version)
		keep(&next.Info, prev.Info)
	}
	next.CPE = mergeCPE(prev.CPE, next.CPE, same)
	return next
}

// mergeCPE lists the CPEs of next, and of prev those of a part next does not
// have, in the order a, h, o. An application's is taken from prev only if app.
func mergeCPE(prev, next []string, app bool) []string {
	var out []string
	for _, part := range []byte("aho") {
		find := func(list []string) bool {
			for _, c := range list {
				if cpePart(c) == part {
					out = append(out, c)
					return true
				}
			}
			return false
		}
		if !find(next) && (part != 'a' || app) {
			find(prev)
		}
	}
	return out
}
