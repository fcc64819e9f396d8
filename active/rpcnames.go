package active

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Programs names the programs of ONC RPC. A nil table names none.
type Programs struct {
	numbers []uint32 // in the order of the table
	names   map[uint32]string
}

// ReadPrograms reads a table of lines "number<TAB>name<TAB>aliases…"; '#' begins a
// comment line. The first name of a program counts. The error names the line that cannot
// be read.
func ReadPrograms(r io.Reader) (*Programs, error) {
	t := &Programs{names: map[uint32]string{}}
	in := bufio.NewScanner(r)
	for n := 1; in.Scan(); n++ {
		line := in.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		w := strings.Split(line, "\t")
		number, err := strconv.ParseUint(w[0], 10, 32)
		if err != nil || len(w) < 2 || w[1] == "" {
			return nil, fmt.Errorf("RPC programs, line %d: want number, tab, name", n)
		}
		p := uint32(number)
		if t.names[p] != "" {
			continue
		}
		t.numbers = append(t.numbers, p)
		t.names[p] = w[1]
	}
	return t, in.Err()
}

// portmapper is the program that knows where the others are.
const portmapper = 100000

// Name returns the name of a program, "" if the table has none. The portmapper goes by
// the name that it has had since it learned more than to map ports: rpcbind.
func (t *Programs) Name(program uint32) string {
	switch {
	case program == portmapper:
		return "rpcbind"
	case t == nil:
		return ""
	}
	return t.names[program]
}

// ordered lists the programs of the table, those first that are met most.
func (t *Programs) ordered() []uint32 {
	out := popularPrograms()
	if t != nil {
		for _, p := range t.numbers {
			if !slices.Contains(out[:firstPrograms], p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// firstPrograms is how many programs are asked for before the rest of the table.
const firstPrograms = 12

// popularPrograms are the portmapper, NFS and its companions, and what file servers and
// old workstations run besides.
func popularPrograms() []uint32 {
	return []uint32{100000, 100003, 100005, 100021, 100024, 100227, 100011, 34123456, 14398633, 100004, 100007, 391002, 100002, 2112}
}
