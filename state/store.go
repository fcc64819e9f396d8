package state

import "earshot/capture"

// MaxClaims bounds the distinct claims kept of one service. Beyond it the weakest
// go, by a rank and then a key that depend on the claim's content alone, so that
// the merge law holds for what is kept. A claim's time is not content: of more
// than MaxClaims claims of one rank, old ones may be kept and new ones dropped.
const MaxClaims = 48

// MaxHints bounds the hints of one kind and source kept of one host; those that sort first stay.
const MaxHints = 32

// Store keeps hosts, services and evidence under the merge law of this package.
// Add, See and Note may be called in any order and any number of times.
type Store interface {
	// Add takes one claim.
	Add(Evidence) error
	// See takes an endpoint's sign of life.
	See(Sighting) error
	// Note takes a fact about a host.
	Note(capture.Hint) error
	// Hosts calls yield for every host, by address, VLAN and VNI, until yield
	// returns an error, and returns that error. A host is valid only during the call.
	Hosts(yield func(*Host) error) error
}
