package capture

import "fmt"

// maxNeighbours is how many pairs of network and hardware address a shard
// remembers; of what comes when it is full, nothing is told.
const maxNeighbours = 4096

// neighbour is a host that told its hardware address, by ARP or by IPv6's
// neighbour discovery.
type neighbour struct {
	addr [2]uint64
	mac  uint64
	vni  uint32
	vlan uint16
	v6   bool
}

// neighbours is one shard's list of them, in order of their first word.
type neighbours struct {
	at   map[neighbour]int
	list []neighbour
	time [][2]int64 // first and last
	told []bool     // of each, whether the sink knows it as it is
}

// hear takes a host's word; the hardware address is in the packet's numbers.
func (ns *neighbours) hear(p *unit) {
	n := neighbour{addr: p.addr[p.from], mac: uint64(p.seq)<<16 | uint64(p.ack), vni: p.vni, vlan: p.vlan, v6: p.v6}
	if n.mac == 0 || n.mac>>40&1 != 0 {
		return // nobody's, or a group's
	}
	if i, ok := ns.at[n]; ok {
		ns.time[i][0] = min(ns.time[i][0], p.time)
		ns.time[i][1] = max(ns.time[i][1], p.time)
		ns.told[i] = false
		return
	}
	if len(ns.list) >= maxNeighbours {
		return
	}
	if ns.at == nil {
		ns.at = make(map[neighbour]int)
	}
	ns.at[n] = len(ns.list)
	ns.list = append(ns.list, n)
	ns.time = append(ns.time, [2]int64{p.time, p.time})
	ns.told = append(ns.told, false)
}

// tell gives those to the sink that it does not know, from the given one on.
func (ns *neighbours) tell(to Sink, first int) {
	for i := first; i < len(ns.list); i++ {
		if ns.told[i] {
			continue
		}
		ns.told[i] = true
		n := ns.list[i]
		k := tuple{v6: n.v6}
		k.addr[0] = n.addr
		from := "arp"
		if n.v6 {
			from = "ndp"
		}
		to.Hint(Hint{
			Addr: k.ip(0), VLAN: n.vlan, VNI: n.vni, Kind: "mac", From: from,
			Value: fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", byte(n.mac>>40), byte(n.mac>>32), byte(n.mac>>24), byte(n.mac>>16), byte(n.mac>>8), byte(n.mac)),
			First: stamp(ns.time[i][0]), Last: stamp(ns.time[i][1]),
		})
	}
}
