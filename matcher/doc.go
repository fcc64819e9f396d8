// Package matcher names products: bytes in, product fields out.
//
// It reads probe files of the nmap-service-probes grammar and matches responses
// against them. It does no I/O other than reading a probe file.
//
//	probe files ─► ParseFile ─► File ─┐
//	                                  ├─► New ─► DB
//	embedded files ─► ParseFile ──────┘          │
//	                                             ▼
//	response, probe ─► prefilter ─► candidate lines ─► pcre ─► templates ─► Result
//
// # A probe file in one page
//
// A file is lines of bytes that end in LF. Lines that begin with # and empty
// lines say nothing. An Exclude line may stand first: ports an active scan must
// leave alone. Then come blocks; each begins with a Probe line, which names what
// is sent, and holds the lines the answers are matched against:
//
//	Probe TCP NULL q||                  the empty payload: wait for a greeting
//	tcpwrappedms 3000
//	match ssh m|^SSH-([\d.]+)-OpenSSH_(\S+)| p/OpenSSH/ v/$2/ i/protocol $1/ cpe:/a:openbsd:openssh:$2/
//	softmatch ssh m|^SSH-|
//	Probe TCP GetRequest q|GET / HTTP/1.0\r\n\r\n|
//	rarity 1
//	ports 80,8000-8100
//	fallback OtherProbe
//
// A match line is a service name, a pattern (Perl-compatible, on bytes; i and s
// after the closing delimiter) and version fields: p product, v version, i extra
// information, h host name, o operating system, d device type, cpe:. Fields are
// templates over the pattern's groups: $1, $P(1), $SUBST(1,"_","."), $I(1,">"). A
// substitution that fails empties its field and no other.
//
// Loading checks everything but patterns and templates, which are compiled when
// a response first needs them: loading an installed nmap's file costs 15 ms
// instead of 400. The prefilter, made for the first response of a transport, skims the
// patterns and parses those of lines that a response comes near to. A line whose pattern is bad never matches. Check, and
// Options.Validate, look at all of them.
//
// # Which lines, and which of them wins
//
// The list of a probe is its own lines in file order, then those of each probe
// its fallback names (not recursively), then, for TCP, those of the NULL probe.
// Match takes the first hard match (match) of that list, else the first soft one
// (softmatch). MatchAny does the same over every line of a transport, NULL's
// first, for a response to a request nobody recognised; its results are weaker
// and say so.
//
// Several files make one database: see New.
//
// # Work
//
// The first 8 KiB of a response are looked at. Patterns run under budgets
// counted in steps, one for the line and one for the response, so that neither
// hostile bytes nor a loaded machine change what is found or how long it takes.
// A budget that ran out is no match; Result.Degraded says that a line was given
// up, and the kind Timeout that nothing else matched.
//
// # Where this differs from nmap
//
// Options.Strict makes the first point and that about faint lines as in nmap, Merge's
// strict argument the second; the others hold always.
//
//   - nmap takes the first line that matches, hard or soft, so that a general
//     soft line hides every better line behind it. Here hard beats soft.
//   - nmap lets every field of an earlier soft match stand that a later hard one
//     does not set, even if the two name different services. Here see Merge.
//   - nmap loses a soft match when a later connection fails. Here a result is
//     never lowered by a later failure: Merge keeps it.
//   - nmap calls a service tcpwrapped in several cases that have nothing to do
//     with TCP wrappers. Nothing here ever says tcpwrapped: whether a silent
//     close means that is the prober's to judge.
//   - Among all lines of a transport a line that few bytes satisfy (see Faint) counts for
//     less: nmap tries it only behind its own question, and here nobody knows what was asked.
//   - Exclude concerns probing. What is overheard on an excluded port is matched
//     like anything else; nmap shows a port-table name there.
//   - nmap prints no fingerprint of a soft match below intensity 7, but one of no
//     match at any. Here Fingerprint only writes; the report decides, and shows
//     one whenever bytes were left unexplained.
//   - nmap appends the answer of its first real probe to the greeting, so that no
//     pattern anchored with ^ can match that answer. Here every response is
//     matched by itself.
//   - nmap drops the bytes of a response that ends in a reset. Here they count
//     like any others.
//   - nmap queues SCTP ports though no probe can match them. Here MatchAny tries
//     what is heard over SCTP against the lines of TCP.
//   - nmap 7.93 refuses lines above 2047 bytes and current nmap above 8191, current
//     nmap refuses patterns that match the empty string and 7.93 does not, and the
//     escapes of payloads differ. Here whatever either takes is taken, and Check
//     warns.
//   - nmap's $I yields 0 for a little-endian group at offset 0 (7.93 only). Here
//     it yields the number. $SUBST compares past the end of its group as nmap
//     does, but not past the end of the response.
//   - nmap knows TCP and UDP. Here a third word, CERT, with an empty payload, begins lines
//     that read what a certificate says (MatchCertificate); nothing is sent for it, and no
//     other response is tried against them. nmap does not load such a file.
//   - A UDP probe with an empty payload is refused: nmap would take it for the
//     NULL probe, which is TCP's.
package matcher
