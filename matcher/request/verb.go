package request

import "bytes"

// What may stand behind a verb.
const (
	anything  = ""
	something = "+" // but not nothing
	nothing   = "-" // no space either
)

// verb is a line of text that begins with a certain word.
type verb struct {
	word string // in capitals; a line may have it in any case
	args string // what behind it the line goes on with: in capitals, or one of the three below
	kind Kind
}

// verbs are in the order of their words; of those with one word the first whose arguments
// fit counts. Verbs that are told by more than how their arguments begin are in command.
var verbs = [...]verb{
	{"APOP", anything, "pop3-command"},
	{"ARTICLE", anything, "nntp-capabilities"},
	{"AUTH", "TLS", "ftp-auth"},
	{"AUTH", "SSL", "ftp-auth"},
	{"AUTH", "LOGIN", "quit"}, // SMTP and POP3 share it
	{"AUTH", "PLAIN", "quit"},
	{"AUTH", "CRAM-", "quit"},
	{"AUTH", "NTLM", "quit"},
	{"AUTH", "XOAUTH", "quit"},
	{"AUTH", "GSSAPI", "quit"},
	{"AUTH", "DIGEST-", "quit"},
	{"AUTH", "SCRAM-", "quit"},
	{"CAP", "LS", "irc-cap"},
	{"CAP", "REQ", "irc-cap"},
	{"CAP", "LIST", "irc-cap"},
	{"CAP", anything, "munin-cap"},
	{"CAPA", anything, "pop3-capa"},
	{"CAPABILITIES", anything, "nntp-capabilities"},
	{"CAPABILITY", nothing, "sieve-capability"},
	{"CLIENT", something, "dict-command"},
	{"CLNT", anything, "ftp-command"},
	{"COMMANDS", anything, "mpd-command"},
	{"CONNECT", "{", "nats-connect"},
	{"CURRENTSONG", anything, "mpd-command"},
	{"CWD", anything, "ftp-command"},
	{"DEFINE", something, "dict-command"},
	{"EHLO", anything, "smtp-ehlo"},
	{"EPSV", anything, "ftp-command"},
	{"FEAT", anything, "ftp-feat"},
	{"GETINFO", anything, "torcontrol-command"}, // Tor's control-spec §3
	{"GROUP", something, "nntp-command"},
	{"HELO", anything, "smtp-helo"},
	{"HELP", anything, "help"},
	{"IHAVE", something, "nntp-command"},
	{"LHLO", anything, "smtp-lhlo"},
	{"LISTGROUP", something, "nntp-command"},
	{"MAIL", "FROM:", "smtp-mail"},
	{"MODE", "READER", "nntp-mode"},
	{"MODE", "STREAM", "nntp-mode"},
	{"NEWGROUPS", anything, "nntp-capabilities"},
	{"NICK", something, "irc-nick"},
	{"OPTS", anything, "ftp-command"},
	{"PASS", something, "user-pass"},
	{"PASV", anything, "ftp-command"},
	{"PBSZ", anything, "ftp-command"},
	{"PING", ":", "irc-ping"},
	{"PING", anything, "redis-ping"},
	{"PROTOCOLINFO", anything, "torcontrol-command"},
	{"PWD", anything, "ftp-command"},
	{"QUIT", anything, "quit"},
	{"SERVERLIST", anything, "teamspeak-command"},
	{"SETEVENTS", anything, "torcontrol-command"},
	{"SHOW", "DB", "dict-command"},
	{"SHOW", "SERVER", "dict-command"},
	{"STARTTLS", nothing, "smtp-starttls"},
	{"STATS", anything, "memcached-stats"},
	{"STLS", anything, "pop3-command"},
	{"SYST", anything, "ftp-syst"},
	{"UIDL", anything, "pop3-command"},
	{"VERSION", nothing, "memcached-version"},
	{"WHOAMI", anything, "teamspeak-command"},
	{"XHDR", something, "nntp-command"},
	{"XOVER", anything, "nntp-capabilities"},
}

// firstVerb recognises the first line, which is of b, by its first word.
func firstVerb(b, line []byte) Kind {
	if string(line) == "nodes" || string(line) == "list" { // others write them in capitals
		return "munin-list"
	}
	var buf [12]byte
	w := word(line, &buf)
	if len(w) < 3 {
		return ""
	}
	alone := len(line) == len(w)
	if !alone && line[len(w)] != ' ' {
		return ""
	}
	args := bytes.TrimPrefix(line[len(w):], []byte(" "))
	if k := plainVerb(w, args, alone); k != "" {
		return k
	}
	return command(w, args, line, b)
}

// plainVerb looks for the word w, which may stand alone, in the table.
func plainVerb(w, args []byte, alone bool) Kind {
	i, end := 0, len(verbs)
	for i < end { // the first row of that word
		if middle := (i + end) / 2; verbs[middle].word < string(w) {
			i = middle + 1
		} else {
			end = middle
		}
	}
	for ; i < len(verbs) && verbs[i].word == string(w); i++ {
		if v := &verbs[i]; v.fits(args, alone) {
			return v.kind
		}
	}
	return ""
}

// fits reports whether a verb may go on so.
func (v *verb) fits(args []byte, alone bool) bool {
	switch v.args {
	case anything:
		return true
	case something:
		return len(args) > 0
	case nothing:
		return alone
	}
	return hasFold(args, 0, v.args)
}

// command recognises the verbs that have to be read to the end: w is the word in capitals,
// args what follows it in the line, which is the first of b.
func command(w, args, line, b []byte) Kind {
	switch string(w) {
	case "USER":
		return userKind(args)
	case "AUTH":
		if len(args) > 0 && bytes.Count(args, []byte(" ")) <= 1 {
			return "redis-auth"
		}
	case "AUTHENTICATE":
		return cookie(args)
	case "INFO":
		if !has(args, 0, "{") {
			return "redis-info"
		}
	case "RETR", "DELE", "TOP":
		if ofMessage(args, len(w) == 3) {
			return "pop3-command"
		}
	case "GET", "GETS":
		return getKind(args, line, b)
	case "SET", "ADD", "REPLACE":
		if storage(args) {
			return "memcached-set"
		}
	case "CONNECT", "STOMP":
		if len(line) == len(w) && headers(b) {
			return "stomp-connect"
		}
	case "BEGIN":
		if s := string(args); s == "AUTH REQUEST" || s == "VERIFICATION REQUEST" || s == "GSSAPI REQUEST" {
			return "cvs-auth"
		}
	case "PROXY":
		return behindProxy(args, b)
	}
	return ""
}

// cookie recognises what opens Tor's control port (control-spec §3.5); others name a mechanism.
func cookie(args []byte) Kind {
	if len(args) >= 32 && isHex(args) {
		return "torcontrol-command"
	}
	return ""
}

// ofMessage reports whether args are a message's number, and for TOP (RFC 1939 §7) that of
// lines: FTP's RETR has a file's name.
func ofMessage(args []byte, top bool) bool {
	return len(args) > 0 && len(args) < 8 && isDigit(args[0]) && top == (bytes.IndexByte(args, ' ') >= 0)
}

// userKind tells IRC's USER (RFC 2812 §3.1.3), which has four arguments, from that of others.
func userKind(args []byte) Kind {
	switch {
	case bytes.Count(args, []byte(" ")) >= 3 && bytes.Contains(args, []byte(" :")):
		return "irc-user"
	case len(args) > 0:
		return "user"
	}
	return ""
}

// behindProxy recognises what a proxy passes on behind its own line (haproxy's
// proxy-protocol.txt §2.1).
func behindProxy(args, b []byte) Kind {
	if !hasFold(args, 0, "TCP4 ") && !hasFold(args, 0, "TCP6 ") && !hasFold(args, 0, "UNKNOWN") {
		return ""
	}
	_, rest := firstLine(b)
	if rest >= len(b) || has(b, rest, "PROXY ") {
		return ""
	}
	k, s := stream(b[rest:])
	if s == Responder {
		return ""
	}
	return k
}

// headers reports whether the second line looks like "name:value", or is empty.
func headers(b []byte) bool {
	_, i := firstLine(b)
	line, _ := firstLine(b[i:])
	return len(line) == 0 || bytes.IndexByte(line, ':') > 0
}

// tagged recognises IMAP's "tag COMMAND" (RFC 9051 §2.2.1).
func tagged(line []byte) Kind {
	i := bytes.IndexByte(line, ' ')
	if i < 1 || i > 16 {
		return ""
	}
	for _, c := range line[:i] {
		if !isAlpha(c) && !isDigit(c) && c != '.' && c != '-' && c != '_' && c != '$' {
			return ""
		}
	}
	var buf [12]byte
	switch w := word(line[i+1:], &buf); string(w) {
	case "CAPABILITY":
		return "imap-capability"
	case "ID", "NOOP", "LOGOUT", "STARTTLS", "LOGIN", "AUTHENTICATE", "SELECT", "EXAMINE", "NAMESPACE", "ENABLE":
		if j := i + 1 + len(w); j == len(line) || line[j] == ' ' {
			return "imap-command"
		}
	case "UID", "FETCH", "STORE", "COPY", "CLOSE", "EXPUNGE", "IDLE", "STATUS", "LSUB", "LIST", "APPEND", "SEARCH", "GETQUOTAROOT":
		if j := i + 1 + len(w); (j == len(line) || line[j] == ' ') && isDigit(line[i-1]) {
			return "imap-command"
		}
	}
	return ""
}

// imapCount recognises what an IMAP server says of a message or of how many there are (RFC
// 9051 §7.4, §7.5).
func imapCount(b []byte) (Kind, Side) {
	i := 2
	for i < len(b) && i < 12 && isDigit(b[i]) {
		i++
	}
	if i > 2 && has(b, 1, " ") && (has(b, i, " EXISTS\r\n") || has(b, i, " FETCH (") || has(b, i, " RECENT\r\n") || has(b, i, " EXPUNGE\r\n")) {
		return "imap-answer", Responder
	}
	return "", Unknown
}
