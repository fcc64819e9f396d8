// Package active asks: targets in, banners and evidence out.
//
//	targets ─► Scope ─► Discover (connect) ─► open ports ─► prober ─► Banner ─► matcher
//	             │                                            │                   │
//	             └── the law: dial.go asks it every time ◄────┤                   ▼
//	                                                        Ledger        state.Evidence
//
// # The noise budget
//
// Every packet has a reason, and every reason stands in the [Ledger]. A port is asked
// nothing that is known already, by listening or by an earlier answer (plan.go); the
// connection that finds a port open is the one its first question goes over; the
// questions are ordered by what is likely to be answered (order.go); an answer that is
// whole ends the wait for it (wait.go); one hit ends the port. At a host there is one
// connection at a time unless Config.PerHost says otherwise (pace.go).
//
// # Scope is a law
//
// Nothing outside the targets is ever sent a packet, whatever a capture, a name server
// or an answer says. The check stands before the only calls of this program that send:
// in dial.go, and in the two carriers of package discover, so that no plan and no
// strategy can forget it.
//
// # Two strategies
//
// Classic does what nmap -sV does, packet for packet as far as that can be seen:
// nmap.org/book/vscan-technique.html. Quiet, the default, asks far less: quiet.go says how,
// answer.go what it makes of what it hears, datagram.go how it differs over UDP.
//
// Neither ever lets go of what it has learned: whatever ends a port early, a time-out,
// a reset, Ctrl-C, what was heard of it until then is in the state.
package active
