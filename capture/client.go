package capture

import "strconv"

// maxClients is how many pairs of client and service a shard remembers; of what comes when
// it is full, nothing is told.
const maxClients = 2048

// served is a host that was served by an endpoint of another.
type served struct {
	who, by [2]uint64
	vni     uint32
	vlan    uint16
	port    uint16
	proto   Proto
	v6      bool
}

// clients is one shard's list of them, in the order in which they came.
type clients struct {
	at   map[served]int
	list []served
	time [][2]int64 // first and last
	told []bool     // of each, whether the sink knows it as it is
}

// hear takes note that side x of a flow served the other.
func (cs *clients) hear(k *tuple, x uint8, now int64) {
	c := served{who: k.addr[1-x], by: k.addr[x], port: k.port[x], vni: k.vni, vlan: k.vlan, proto: k.proto, v6: k.v6}
	if i, ok := cs.at[c]; ok {
		cs.time[i][0] = min(cs.time[i][0], now)
		cs.time[i][1] = max(cs.time[i][1], now)
		cs.told[i] = false
		return
	}
	if len(cs.list) >= maxClients {
		return
	}
	if cs.at == nil {
		cs.at = make(map[served]int)
	}
	cs.at[c] = len(cs.list)
	cs.list = append(cs.list, c)
	cs.time = append(cs.time, [2]int64{now, now})
	cs.told = append(cs.told, false)
}

// tell gives those to the sink that it does not know, from the given one on, as hints about
// the host that serves: "10.0.0.7 22/tcp" is a client and the port that it came to.
func (cs *clients) tell(to Sink, first int) {
	for i := first; i < len(cs.list); i++ {
		if cs.told[i] {
			continue
		}
		cs.told[i] = true
		c := &cs.list[i]
		k := tuple{v6: c.v6, addr: [2][2]uint64{c.by, c.who}}
		if !isHost(k.ip(1)) {
			continue // a group that a host spoke to, and that nobody began
		}
		to.Hint(Hint{
			Addr: k.ip(0), VLAN: c.vlan, VNI: c.vni, Kind: "client", From: "flow",
			Value: k.ip(1).String() + " " + strconv.Itoa(int(c.port)) + "/" + c.proto.String(),
			First: stamp(cs.time[i][0]), Last: stamp(cs.time[i][1]),
		})
	}
}
