package state

import (
	"sort"
	"strings"
)

// Vendors names the makers of network cards. It is the text of a table of sorted
// lines "prefix<TAB>name", the prefix in 6, 7 or 9 upper-case hex digits.
type Vendors string

// Name returns the maker of a card by its address, written "00:1b:44:11:3a:b7" or with
// other or no marks between the digits; "" if the table has none. An address given
// out locally (IEEE 802, second bit of the first byte) has none.
func (v Vendors) Name(mac string) string {
	hex := make([]byte, 0, 12)
	for i := 0; i < len(mac) && len(hex) < 12; i++ {
		switch c := mac[i]; {
		case '0' <= c && c <= '9' || 'A' <= c && c <= 'F':
			hex = append(hex, c)
		case 'a' <= c && c <= 'f':
			hex = append(hex, c-'a'+'A')
		}
	}
	if len(hex) < 12 || strings.IndexByte("2367ABEF", hex[1]) >= 0 {
		return ""
	}
	for _, n := range [...]int{9, 7, 6} {
		if name := v.find(string(hex[:n])); name != "" {
			return name
		}
	}
	return ""
}

// find returns the name in the line of a prefix.
func (v Vendors) find(prefix string) string {
	start := func(i int) int { return strings.LastIndexByte(string(v[:i]), '\n') + 1 }
	at := sort.Search(len(v), func(i int) bool {
		line := string(v[start(i):])
		return line != "" && line[0] != '#' && line[:min(len(line), len(prefix))] >= prefix
	})
	// A shorter prefix sorts before the longer ones that begin with it.
	line, _, _ := strings.Cut(string(v[start(min(at, len(v))):]), "\n")
	key, name, _ := strings.Cut(line, "\t")
	if key != prefix {
		return ""
	}
	return name
}
