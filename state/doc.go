// Package state holds what is believed of each host, since when, and on what
// evidence. It never reads the clock: every time comes from a packet.
//
// # The merge law
//
// What is known of an endpoint is a set of claims ([Evidence]), two sightings of
// its life (open, closed), and what is known of a host is a set of hints. Merging
// two such bodies of knowledge is
//
//	first = min    last = max    count = max for each origin, summed over origins
//
// with claims and hints united by content: two claims of equal [Evidence.Key] are
// one claim, and of the two samples of their bytes the one heard first is kept.
// Every one of these is commutative, associative and idempotent, so sensors,
// replays and restarts may arrive in any order and any number of times with one
// result. An origin is one pass over one input by one sensor; inside a pass the
// shards see disjoint packets, and there, and only there ([Gather]), counts add.
//
// The bounds obey the same law: where a service may hold at most N claims, it
// holds the N that come first in an order that depends on their content alone
// ([MaxClaims], [MaxHints]).
//
// # What is shown
//
// A service's shown name and version is a pure function of its evidence, its
// sightings and the port table: see [Believe].
package state
