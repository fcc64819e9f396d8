package request

import (
	"slices"
	"strings"
	"testing"
)

// A row is found only if its first byte is not below the one before, and no word before it
// fits whatever it fits.
func TestOpeningsAreFound(t *testing.T) {
	for name, table := range map[string][]opening{"openings": openings[:], "replies": replies[:], "statusLines": statusLines[:], "quakeWords": quakeWords[:], "hobbyWords": hobbyWords[:]} {
		for i, r := range table {
			if i > 0 && table[i-1].word[0] > r.word[0] {
				t.Errorf("%s: %q stands behind %q", name, r.word, table[i-1].word)
			}
			if k, s := lookUp(table, []byte(r.word)); k != r.kind || s != r.side {
				t.Errorf("%s: %q: %q %d, want %q %d", name, r.word, k, s, r.kind, r.side)
			}
		}
	}
}

// A verb is found only in the order of words, if it fits into the buffer of a word, and if no
// row before it takes all that it takes.
func TestVerbsAreFound(t *testing.T) {
	for i, v := range verbs {
		if i > 0 && verbs[i-1].word > v.word {
			t.Errorf("%q stands behind %q", v.word, verbs[i-1].word)
		}
		args := v.args
		switch args {
		case something:
			args = "x"
		case nothing:
			args = ""
		}
		line := []byte(strings.TrimSuffix(strings.ToLower(v.word)+" "+args, " "))
		if k := firstVerb(line, line); k != v.kind {
			t.Errorf("%q: %q, want %q", line, k, v.kind)
		}
	}
}

// A service's name is found only in the order of the families, each of which stands in one table;
// and what is recognised has one.
func TestServicesAreFound(t *testing.T) {
	if !slices.IsSorted(sameNames[:]) {
		t.Error("sameNames are not sorted")
	}
	for i, n := range otherNames {
		if i > 0 && otherNames[i-1].family >= n.family {
			t.Errorf("%q stands behind %q", n.family, otherNames[i-1].family)
		}
		if s := serviceOf(n.family); s != n.service || s == n.family {
			t.Errorf("%q is called %q, want %q", n.family, s, n.service)
		}
	}
	for p, table := range messages() {
		for _, m := range table {
			switch m.kind.Family() {
			case "", "help", "lines", "quit", "user": // words of many protocols
			default:
				if m.kind.Service(p) == "" {
					t.Errorf("%v: %q has no service", p, m.kind)
				}
			}
		}
	}
}
