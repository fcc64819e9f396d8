package capture

// The memory of undecided connections: buffers of a few sizes that go from one
// connection to the next, and the lists that say which connection was silent
// for the longest.

// bufferSizes are the sizes of buffers; the last is that of Depth.
var bufferSizes = [...]int{256, 1024, 4096, 0}

// connSize is what a connection counts for without its buffers.
const connSize = 512

// list is a doubly linked list of connections; the numbers are one more than
// the place in the slab.
type list struct{ head, tail uint32 }

func (l *list) push(sh *shard, n uint32) {
	c := sh.conns.at(n - 1)
	c.prev, c.next = l.tail, 0
	if l.tail != 0 {
		sh.conns.at(l.tail - 1).next = n
	} else {
		l.head = n
	}
	l.tail = n
}

func (l *list) remove(sh *shard, n uint32) {
	c := sh.conns.at(n - 1)
	if c.prev != 0 {
		sh.conns.at(c.prev - 1).next = c.next
	} else {
		l.head = c.next
	}
	if c.next != 0 {
		sh.conns.at(c.next - 1).prev = c.prev
	} else {
		l.tail = c.prev
	}
	c.prev, c.next = 0, 0
}

// touch puts a connection at the end of its list.
func (sh *shard) touch(c *conn, n uint32) {
	if c.list == 0 && sh.live[0].tail == n {
		return
	}
	sh.live[c.list].remove(sh, n)
	c.list = 0
	sh.live[0].push(sh, n)
}

// idle delivers what was silent for long, and gives up what was for longer.
func (sh *shard) idle(now int64) {
	for n := sh.live[0].head; n != 0; n = sh.live[0].head {
		c := sh.conns.at(n - 1)
		if now-c.heard <= idleDeliver {
			break
		}
		sh.stats.Idle++
		if !sh.pause(c) {
			continue
		}
		sh.live[0].remove(sh, n)
		c.list = 1
		sh.live[1].push(sh, n)
	}
	for n := sh.live[1].head; n != 0; n = sh.live[1].head {
		if now-sh.conns.at(n-1).heard <= idleGiveUp {
			break
		}
		sh.finish(n)
	}
}

// class is the smallest size of buffer that n bytes fit in.
func class(n int) int {
	for i, size := range bufferSizes {
		if n <= size {
			return i
		}
	}
	return len(bufferSizes) - 1
}

// memory returns an empty buffer with room for n bytes, at most Depth. If that
// is more than the shard may hold, connections that were silent for longest end.
func (sh *shard) memory(c *conn, n int) []byte {
	k := class(n)
	size := bufferSizes[k]
	if size == 0 {
		size = max(sh.cfg.depth, bufferSizes[k-1])
	}
	sh.buf += int64(size)
	if sh.buf > sh.cfg.buffered && !sh.evicting {
		sh.relieve(c)
	}
	if p := sh.pools[k]; len(p) > 0 {
		b := p[len(p)-1]
		sh.pools[k] = p[:len(p)-1]
		return b
	}
	return make([]byte, 0, size)
}

// maxPool is how many buffers of a size a shard keeps for later.
const maxPool = 64

// reclaim takes a buffer back.
func (sh *shard) reclaim(b []byte) {
	if cap(b) == 0 {
		return
	}
	sh.buf -= int64(cap(b))
	if k := class(cap(b)); len(sh.pools[k]) < maxPool {
		sh.pools[k] = append(sh.pools[k], b[:0])
	}
}

// store adds to what a side said in this turn; there is room for it.
func (sh *shard) store(c *conn, x uint8, data []byte) {
	b := c.buf[x]
	if need := len(b) + len(data); need > cap(b) {
		c.buf[x] = append(sh.memory(c, need), b...)
		sh.reclaim(b)
		b = c.buf[x]
	}
	c.buf[x] = append(b, data...)
}

// relieve ends connections other than c until the shard holds less than it may.
func (sh *shard) relieve(c *conn) {
	sh.evicting = true
	for _, l := range [...]*list{&sh.live[1], &sh.live[0]} {
		for n := l.head; n != 0 && sh.buf > sh.cfg.buffered; {
			v := sh.conns.at(n - 1)
			after := v.next
			if v != c {
				sh.stats.EvictedBuffers++
				sh.finish(n)
			}
			n = after
		}
	}
	sh.evicting = false
}
