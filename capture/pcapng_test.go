package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// ng builds pcapng files block by block.
type ng struct {
	order interface {
		binary.ByteOrder
		binary.AppendByteOrder
	}
	b []byte
}

func newNG(order interface {
	binary.ByteOrder
	binary.AppendByteOrder
},
) *ng {
	return &ng{order: order}
}

// block adds a block; vs are uint8, uint16, uint32, uint64 or bytes.
func (n *ng) block(kind uint32, vs ...any) *ng {
	var body []byte
	for _, v := range vs {
		switch v := v.(type) {
		case uint8:
			body = append(body, v)
		case uint16:
			body = n.order.AppendUint16(body, v)
		case uint32:
			body = n.order.AppendUint32(body, v)
		case uint64:
			body = n.order.AppendUint64(body, v)
		case string:
			body = append(body, v...)
		case []byte:
			body = append(body, v...)
		default:
			panic(fmt.Sprintf("%T", v))
		}
	}
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	n.b = n.order.AppendUint32(n.b, kind)
	n.b = n.order.AppendUint32(n.b, uint32(12+len(body)))
	n.b = append(n.b, body...)
	n.b = n.order.AppendUint32(n.b, uint32(12+len(body)))
	return n
}

func (n *ng) section() *ng {
	return n.block(blockSection, uint32(byteOrderMagic), uint16(1), uint16(0), uint64(math.MaxUint64), uint16(4), uint16(3), "app\x00", uint32(0))
}

func (n *ng) iface(link uint16, snap uint32, options ...any) *ng {
	return n.block(blockInterface, append([]any{link, uint16(0), snap}, options...)...)
}

func (n *ng) packet(id uint32, time uint64, orig uint32, data string, options ...any) *ng {
	for len(data)%4 != 0 && options != nil {
		data += "\x00"
	}
	return n.block(blockEnhanced, append([]any{id, uint32(time >> 32), uint32(time), uint32(len(data)), orig, data}, options...)...)
}

func TestPcapng(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	const at = 1700000000
	res := func(v uint8) []any { return []any{uint16(9), uint16(1), v, uint8(0), uint8(0), uint8(0), uint32(0)} }
	for _, c := range []struct {
		name string
		data []byte
		want string
		err  string
	}{
		{"one packet", newNG(le).section().iface(1, 0).packet(0, at*1e6+7, 60, "abc").b, "1700000000.000007000 link 1 if 0 3/60 616263\n", ""},
		{"one packet, big endian", newNG(be).section().iface(1, 0).packet(0, at*1e6+7, 60, "abc").b, "1700000000.000007000 link 1 if 0 3/60 616263\n", ""},
		{"section header only", newNG(be).section().b, "", ""},
		{"packet options", newNG(le).section().iface(1, 0).packet(0, 0, 4, "abcd", uint16(2), uint16(4), uint32(1), uint32(0)).b, "0.000000000 link 1 if 0 4/4 61626364\n", ""},
		{
			"unknown blocks", newNG(le).section().block(0x0bad, "what").iface(1, 0).block(4, "names").block(0x80000001, make([]byte, 3<<20)).packet(0, 0, 3, "abc").block(5, "statistics").b,
			"0.000000000 link 1 if 0 3/3 616263\n", "",
		},
		{
			"several interfaces", newNG(le).section().iface(1, 96).iface(276, 0, res(9)...).iface(101, 0, res(0)...).
				packet(1, at*1e9+7, 3, "abc").packet(0, at*1e6, 3, "abc").packet(2, at, 3, "abc").b,
			"1700000000.000000007 link 276 if 1 3/3 616263\n1700000000.000000000 link 1 if 0 3/3 616263\n1700000000.000000000 link 101 if 2 3/3 616263\n", "",
		},
		{
			"sections of either order", append(newNG(le).section().iface(1, 0).packet(0, at*1e6, 3, "abc").b, newNG(be).section().iface(113, 0).packet(0, at*1e6, 3, "def").b...),
			"1700000000.000000000 link 1 if 0 3/3 616263\n1700000000.000000000 link 113 if 0 3/3 646566\n", "",
		},
		{"resolution 10^-12", newNG(le).section().iface(1, 0, res(12)...).packet(0, 1500000000000, 3, "abc").b, "1.500000000 link 1 if 0 3/3 616263\n", ""},
		{"resolution 2^-10", newNG(le).section().iface(1, 0, res(0x8a)...).packet(0, 1536, 3, "abc").b, "1.500000000 link 1 if 0 3/3 616263\n", ""},
		{"resolution 2^0", newNG(le).section().iface(1, 0, res(0x80)...).packet(0, at, 3, "abc").b, "1700000000.000000000 link 1 if 0 3/3 616263\n", ""},
		{"resolution 10^-127", newNG(le).section().iface(1, 0, res(0x7f)...).packet(0, math.MaxUint64-1, 3, "abc").b, "0.000000000 link 1 if 0 3/3 616263\n", ""},
		{"resolution 2^-127", newNG(le).section().iface(1, 0, res(0xff)...).packet(0, math.MaxUint64-1, 3, "abc").b, "0.000000000 link 1 if 0 3/3 616263\n", ""},
		{"time beyond 64 bits", newNG(le).section().iface(1, 0, res(0)...).packet(0, math.MaxUint64, 3, "abc").b, "9223372036.854775807 link 1 if 0 3/3 616263\n", ""},
		{"offset", newNG(be).section().iface(1, 0, uint16(14), uint16(8), uint64(at)).packet(0, 5, 3, "abc").b, "1700000000.000005000 link 1 if 0 3/3 616263\n", ""},
		{"offset backwards", newNG(le).section().iface(1, 0, uint16(14), uint16(8), uint64(math.MaxUint64)).packet(0, 2500000, 3, "abc").b, "1.500000000 link 1 if 0 3/3 616263\n", ""},
		{"offset that is absurd", newNG(le).section().iface(1, 0, uint16(14), uint16(8), uint64(math.MaxInt64)).packet(0, 1<<62, 3, "abc").b, "9223372036.854775807 link 1 if 0 3/3 616263\n", ""},
		{"simple packet", newNG(le).section().iface(1, 0).packet(0, 5e6, 3, "abc").block(blockSimple, uint32(60), "abcd").b, "5.000000000 link 1 if 0 3/3 616263\n5.000000000 link 1 if 0 4/60 61626364\n", ""},
		{"simple packet, snapshot length", newNG(le).section().iface(1, 3).block(blockSimple, uint32(60), "abcd").b, "0.000000000 link 1 if 0 3/60 616263\n", ""},
		{"obsolete packet block", newNG(be).section().iface(1, 0).iface(9, 0).block(blockPacket, uint16(1), uint16(0), uint32(0), uint32(5), uint32(3), uint32(60), "abc").b, "0.000005000 link 9 if 1 3/60 616263\n", ""},
		{"bad option", newNG(le).section().iface(1, 0, uint16(9), uint16(4000)).packet(0, 5, 3, "abc").b, "0.000005000 link 1 if 0 3/3 616263\n", ""},

		{"interface not described", newNG(le).section().iface(1, 0).packet(1, 5, 3, "abc").packet(0, 5, 3, "abc").b, "0.000005000 link 1 if 0 3/3 616263\n", "interface 1, which is not described"},
		{"interface of the section before", append(newNG(le).section().iface(1, 0).b, newNG(le).section().packet(0, 5, 3, "abc").b...), "", "interface 0, which is not described"},
		{"simple packet without interface", newNG(le).section().block(blockSimple, uint32(60), "abcd").b, "", "not described"},
		{"captured length beyond the block", newNG(le).section().iface(1, 0).packet(0, 5, 3, "abc").block(blockEnhanced, uint32(0), uint32(0), uint32(0), uint32(0x7fffffff), uint32(0x7fffffff), "abcd").b, "0.000005000 link 1 if 0 3/3 616263\n", "a packet is longer than its block"},
		{"packet block too short", newNG(le).section().iface(1, 0).block(blockEnhanced, uint32(0)).b, "", "a packet block is too short"},
		{"interface block too short", newNG(le).section().block(blockInterface, uint32(0)).b, "", "too short"},
		{"block of 4 bytes", append(newNG(le).section().b, 9, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0), "", "a block of 4 bytes"},
		{"two lengths", append(newNG(le).section().b, 1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 21, 0, 0, 0), "", "two lengths"},
		{"block beyond the end", append(newNG(le).section().b, 9, 0, 0, 0, 0xf0, 0xff, 0xff, 0xff, 0, 0, 0, 0), "", "cut short"},
		{"no byte order", append(newNG(le).section().b, newNG(le).block(blockSection, uint32(1), uint32(1)).b...), "", "byte order"},
	} {
		frames, err := readAll(t, c.data)
		if show(frames) != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, show(frames), c.want)
		}
		if c.err == "" && err != nil || c.err != "" && (!errors.Is(err, ErrPartial) || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.err)
		}
	}
}

// A packet block longer than what is looked at as a whole.
func TestPcapngLongBlock(t *testing.T) {
	le := binary.LittleEndian
	long := strings.Repeat("x", 2<<20)
	data := newNG(le).section().iface(1, 0).packet(0, 1e6, 2<<20, long).packet(0, 2e6, 3, "abc", uint16(1), uint16(60000), make([]byte, 60000), uint32(0)).
		packet(0, 3e6, 3, "abc").b
	frames, err := readAll(t, data)
	if err != nil || len(frames) != 3 || len(frames[0].Data) != MaxFrame || frames[0].OrigLen != 2<<20 || string(frames[2].Data) != "abc" {
		t.Errorf("%d frames, %v", len(frames), err)
	}
	if frames, err = readAll(t, data[:1<<20]); len(frames) != 1 || !errors.Is(err, ErrPartial) {
		t.Errorf("cut short: %d frames, %v", len(frames), err)
	}
}

func TestPcapngCut(t *testing.T) {
	n := newNG(binary.LittleEndian).section()
	ends := map[int]int{len(n.b): 0}
	n.iface(1, 0)
	ends[len(n.b)] = 0
	n.packet(0, 5, 3, "abc")
	ends[len(n.b)] = 1
	n.packet(0, 6, 3, "def")
	ends[len(n.b)] = 2
	have := 0
	for cut := range len(n.b) + 1 {
		frames, err := readAll(t, n.b[:cut])
		if k, clean := ends[cut]; clean {
			have = k
			if err != nil {
				t.Errorf("cut at %d, between blocks: %v", cut, err)
			}
		} else if err == nil || cut >= 4 && !errors.Is(err, ErrPartial) {
			t.Errorf("cut at %d: error %v", cut, err)
		}
		if len(frames) != have {
			t.Errorf("cut at %d: %d frames, want %d", cut, len(frames), have)
		}
	}
}

func FuzzPcapng(f *testing.F) {
	f.Add(newNG(binary.LittleEndian).section().iface(1, 0, uint16(9), uint16(1), uint32(9), uint32(0)).packet(0, 7, 60, "abc").block(blockSimple, uint32(60), "abcd").b)
	f.Add(newNG(binary.BigEndian).section().iface(1, 0).iface(9, 0, uint16(14), uint16(8), uint64(1)).
		block(blockPacket, uint16(1), uint16(0), uint32(0), uint32(5), uint32(3), uint32(60), "abc").block(77, "x").section().iface(1, 2).packet(0, 7, 60, "abc").b)
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := readAll(t, data)
		if err != nil && !errors.Is(err, ErrPartial) && !errors.Is(err, ErrNotCapture) {
			t.Fatalf("error of no kind: %v", err)
		}
	})
}
