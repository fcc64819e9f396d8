package state

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"earshot/capture"
	"earshot/matcher/request"
)

// PortNames names ports as a register does. A nil table names none.
type PortNames struct {
	names []portName // by key, each once
}

type portName struct {
	key  uint32 // see portKey
	name string
}

// portKey orders ports as registers do, by number and then by the transport's name. It is 0
// for a transport that has no names.
func portKey(p capture.Proto, port uint16) uint32 {
	switch p {
	case request.SCTP:
		return uint32(port)<<2 | 1
	case request.TCP:
		return uint32(port)<<2 | 2
	case request.UDP:
		return uint32(port)<<2 | 3
	}
	return 0
}

// ReadPortNames reads a table of lines "name<TAB>port/proto"; '#' begins a comment
// line. The first name of a port counts. It returns an error that names the line
// for a line it cannot read. It is quickest for a table in the order of ports: every run
// reads one of 11,000 lines.
func ReadPortNames(table string) (*PortNames, error) {
	t := &PortNames{names: make([]portName, 0, strings.Count(table, "\n")+1)}
	for n, rest := 1, table; rest != ""; n++ {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		line = strings.TrimSuffix(line, "\r")
		if line == "" || line[0] == '#' {
			continue
		}
		name, where, _ := strings.Cut(line, "\t")
		port, proto, ok := cutPort(where)
		if !ok || name == "" {
			return nil, fmt.Errorf("port names, line %d: want name, tab, port/proto", n)
		}
		var key uint32
		switch proto {
		case "tcp":
			key = portKey(request.TCP, port)
		case "udp":
			key = portKey(request.UDP, port)
		case "sctp":
			key = portKey(request.SCTP, port)
		default:
			continue
		}
		t.names = append(t.names, portName{key, name})
	}
	byKey := func(a, b portName) int { return cmp.Compare(a.key, b.key) }
	if !slices.IsSortedFunc(t.names, byKey) {
		slices.SortStableFunc(t.names, byKey)
	}
	t.names = slices.CompactFunc(t.names, func(a, b portName) bool { return a.key == b.key })
	return t, nil
}

// cutPort reads port/proto. It returns false if no port number stands there.
func cutPort(s string) (port uint16, proto string, ok bool) {
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '/' && i > 0:
			return uint16(n), s[i+1:], true
		case c < '0' || c > '9':
			return 0, "", false
		default:
			n = n*10 + int(c-'0')
		}
		if n > 0xffff {
			return 0, "", false
		}
	}
	return uint16(n), "", s != ""
}

// Name returns the port's name, or "".
func (t *PortNames) Name(p capture.Proto, port uint16) string {
	if t == nil {
		return ""
	}
	key := portKey(p, port)
	i, ok := slices.BinarySearchFunc(t.names, key, func(n portName, key uint32) int { return cmp.Compare(n.key, key) })
	if !ok {
		return ""
	}
	return t.names[i].name
}
