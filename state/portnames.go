package state

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"earshot/capture"
	"earshot/matcher/request"
)

// PortNames names ports as a register does. A nil table names none.
type PortNames struct {
	names map[portKey]string
}

type portKey struct {
	proto capture.Proto
	port  uint16
}

// ReadPortNames reads a table of lines "name<TAB>port/proto"; '#' begins a comment
// line. The first name of a port counts. It returns an error that names the line
// for a line it cannot read.
func ReadPortNames(r io.Reader) (*PortNames, error) {
	t := &PortNames{names: make(map[portKey]string, 1<<14)}
	in := bufio.NewScanner(r)
	for n := 1; in.Scan(); n++ {
		line := in.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		name, where, _ := strings.Cut(line, "\t")
		port, proto, _ := strings.Cut(where, "/")
		p, err := strconv.ParseUint(port, 10, 16)
		if err != nil || name == "" {
			return nil, fmt.Errorf("port names, line %d: want name, tab, port/proto", n)
		}
		k := portKey{port: uint16(p)}
		switch proto {
		case "tcp":
			k.proto = request.TCP
		case "udp":
			k.proto = request.UDP
		case "sctp":
			k.proto = request.SCTP
		default:
			continue
		}
		if t.names[k] == "" {
			t.names[k] = name
		}
	}
	return t, in.Err()
}

// Name returns the port's name, or "".
func (t *PortNames) Name(p capture.Proto, port uint16) string {
	if t == nil {
		return ""
	}
	return t.names[portKey{p, port}]
}
