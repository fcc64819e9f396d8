package capture

import (
	"math/rand/v2"
	"testing"
)

// A flow is one, whoever sends: the lower side comes first, by both halves of the address and
// then the port, and whose side it was is told.
func TestTupleNormalise(t *testing.T) {
	for _, c := range []struct {
		a, b   [2]uint64
		pa, pb uint16
		from   uint8
	}{
		{[2]uint64{1, 9}, [2]uint64{2, 0}, 9, 1, 0},
		{[2]uint64{2, 0}, [2]uint64{1, 9}, 1, 9, 1},
		{[2]uint64{1, 3}, [2]uint64{1, 4}, 9, 1, 0},
		{[2]uint64{1, 4}, [2]uint64{1, 3}, 1, 9, 1},
		{[2]uint64{1, 3}, [2]uint64{1, 3}, 1, 9, 0},
		{[2]uint64{1, 3}, [2]uint64{1, 3}, 9, 1, 1},
		{[2]uint64{1, 3}, [2]uint64{1, 3}, 7, 7, 0},
	} {
		x := tuple{addr: [2][2]uint64{c.a, c.b}, port: [2]uint16{c.pa, c.pb}}
		low := x
		if c.from == 1 {
			low = tuple{addr: [2][2]uint64{c.b, c.a}, port: [2]uint16{c.pb, c.pa}}
		}
		if from := x.normalise(); from != c.from || x != low {
			t.Errorf("%+v: from %d, %+v", c, from, x)
		}
	}
}

// Every part of a flow's identity counts in its hash, of IPv6 both halves of both addresses.
func TestTupleHash(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		x := tuple{addr: [2][2]uint64{{r.Uint64(), r.Uint64()}, {r.Uint64(), r.Uint64()}}, port: [2]uint16{uint16(r.Uint32()), uint16(r.Uint32())}, proto: 1, v6: true}
		for name, change := range map[string]func(*tuple){
			"upper half of side 0": func(x *tuple) { x.addr[0][0]++ }, "lower half of side 0": func(x *tuple) { x.addr[0][1]++ },
			"upper half of side 1": func(x *tuple) { x.addr[1][0]++ }, "lower half of side 1": func(x *tuple) { x.addr[1][1]++ },
			"port 0": func(x *tuple) { x.port[0]++ }, "port 1": func(x *tuple) { x.port[1]++ },
			"VNI": func(x *tuple) { x.vni++ }, "VLAN": func(x *tuple) { x.vlan++ }, "protocol": func(x *tuple) { x.proto++ },
		} {
			y := x
			if change(&y); x.hash() == y.hash() {
				t.Errorf("another %s, and the hash is the same", name)
			}
		}
	}
}
