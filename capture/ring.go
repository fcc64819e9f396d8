package capture

// ring puts frames in the order of time, within ringSize frames; for those of equal
// time see tie.go. In a capture that is in order it costs one comparison a frame.
//
// No frame stays longer than a Source keeps it: a frame that ringSize later ones
// have passed already is passed by no more.
type ring struct {
	slots [ringSize]waiting
	head  uint64 // number of the first frame in the ring
	tail  uint64 // number of the next frame to come in

	scout  Decoder // looks at frames of equal time
	packet Packet
}

type waiting struct {
	Frame
	number uint64 // in the order of arrival
	place  place
}

// room returns where the next frame is to be put; there always is room after ripe.
func (r *ring) room() *Frame { return &r.slots[r.tail%ringSize].Frame }

// sort takes the frame in room into the ring.
func (r *ring) sort(st *Stats) {
	i := r.tail
	x := &r.slots[i%ringSize]
	x.number = i
	x.place.known = false
	r.tail++
	if i == r.head {
		if i == 0 {
			st.First, st.Last = x.Time, x.Time
		}
		return
	}
	if prev := &r.slots[(i-1)%ringSize]; prev.Time < x.Time {
		st.Last = max(st.Last, x.Time)
		return
	} else if prev.Time == x.Time {
		r.tie(i)
		return
	}
	st.Late++
	st.First = min(st.First, x.Time)
	late := *x
	for ; i > r.head; i-- {
		prev := &r.slots[(i-1)%ringSize]
		if prev.Time <= late.Time || late.number-prev.number >= ringSize {
			break
		}
		r.slots[i%ringSize] = *prev
	}
	r.slots[i%ringSize] = late
	if i > r.head && r.slots[(i-1)%ringSize].Time == late.Time {
		r.tie(i)
	}
}

// ripe returns the earliest frame if the ring is full, else nil. The frame is
// valid until the next call of room.
func (r *ring) ripe() *Frame {
	if r.tail-r.head < ringSize {
		return nil
	}
	return r.pop()
}

// pop returns the earliest frame, or nil if there is none.
func (r *ring) pop() *Frame {
	if r.head == r.tail {
		return nil
	}
	f := &r.slots[r.head%ringSize].Frame
	r.head++
	return f
}
