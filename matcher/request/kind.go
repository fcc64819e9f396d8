package request

import "strings"

// Kind names what a request asks for: "http-get", "tls-hello", "dns-version".
// The part before the first '-' is the family; two kinds of one family provoke
// answers of one protocol, two equal kinds provoke equal answers. The empty
// Kind is a request nobody recognised.
type Kind string

// Family returns the part of the kind before the first '-': the protocol.
func (k Kind) Family() string {
	f, _, _ := strings.Cut(string(k), "-")
	return f
}

// Greeted reports whether the kind belongs to a protocol whose responder
// speaks first, so that what it says needs no request at all.
func (k Kind) Greeted() bool {
	switch k.Family() {
	case "ssh", "vnc", "smtp", "ftp", "pop3", "imap", "nntp", "sieve", "irc", "user", "quit", "telnet",
		"mysql", "rsync", "svn", "munin", "mpd", "dict", "nbd", "nats", "ceph", "teamspeak", "pjlink", "videohub",
		"hyperdeck", "vmix", "monetdb", "synergy":
		return true
	}
	return false
}

// Sink reports whether requests of the kind are sent to who takes them and need not say a
// word: log lines, measurements, what is to be printed, what fills a line. That a connection was accepted and
// had them sent to it is all that will ever be heard.
func (k Kind) Sink() bool {
	switch k {
	case "graphite-line", "graphite-pickle", "syslog-message", "fluent-event", "pjl-job", "bmp-initiation", "iperf-data":
		return true
	}
	return false
}
