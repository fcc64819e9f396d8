//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// flood is traffic that nobody should send.
type flood struct {
	name, what string
	packets    int                                // at scale 1
	frame      func(b *builder, i uint32) []byte  // of the i-th packet
	time       func(i uint32, t int64) (at int64) // when it was heard, in nanoseconds, if not at t; nil for all
}

func floods() []flood {
	return []flood{
		{"syn", "SYNs from 10 million addresses to a port that does not answer", 10e6, func(b *builder, i uint32) []byte {
			return b.tcp(mixed(i), uint16(1024+i%50000), 0xc0a80001, 80, i, 0, 2, "")
		}, nil},
		{"half-open", "the same, answered: 10 million half-open connections to a port", 20e6, func(b *builder, i uint32) []byte {
			k := i / 2
			if i%2 == 0 {
				return b.tcp(mixed(k), uint16(1024+k%50000), 0xc0a80001, 80, k, 0, 2, "")
			}
			return b.tcp(0xc0a80001, 80, mixed(k), uint16(1024+k%50000), 77, k+1, 0x12, "")
		}, nil},
		{"scan", "ports of a /16 asked from one address, all refused", 10e6, func(b *builder, i uint32) []byte {
			host, port := 0xac100000|i/2&0xffff, uint16(i/2>>16*97+i/2%97)
			if i%2 == 0 {
				return b.tcp(0x0a000001, 40000, host, port, i, 0, 2, "")
			}
			return b.tcp(host, port, 0x0a000001, 40000, 0, i, 0x14, "")
		}, nil},
		{"tarpit", "ports of a /16 asked from one address, all open", 10e6, func(b *builder, i uint32) []byte {
			host, port := 0xac100000|i/2&0xffff, uint16(i/2>>16*97+i/2%97)
			if i%2 == 0 {
				return b.tcp(0x0a000001, 40000, host, port, i, 0, 2, "")
			}
			return b.tcp(host, port, 0x0a000001, 40000, 0, i, 0x12, "")
		}, nil},
		{"hosts", "100,000 hosts that greet, each spoken to five times", 2.5e6, func(b *builder, i uint32) []byte {
			k := i / 5
			host, client := 0xac000000+k%100000, uint16(1024+k/100000)
			return b.greeting(i%5, host, 22, client, fmt.Sprintf("SSH-2.0-OpenSSH_%d.%dp1 Debian-%d\r\n", 7+k%3, k%10, k%100000))
		}, nil},
		{"services", "one host that greets at 65,535 ports, each spoken to eight times", 2.6e6, func(b *builder, i uint32) []byte {
			k := i / 5
			return b.greeting(i%5, 0xac000001, uint16(1+k%65535), uint16(1024+k/65535), fmt.Sprintf("220 host%d.example.net ESMTP Postfix %d\r\n", k%65535, k%65535))
		}, nil},
		{"versions", "one port that greets with another version each time", 5e6, func(b *builder, i uint32) []byte {
			k := i / 5
			return b.greeting(i%5, 0xac000001, 22, uint16(1024+k%60000), fmt.Sprintf("SSH-2.0-OpenSSH_%d.%dp%d Debian-%d\r\n", k%10, k/10%100, k/1000, k))
		}, nil},
		{"babble", "UDP datagrams of noise between addresses of a /8", 10e6, func(b *builder, i uint32) []byte {
			return b.udp(0x0b000000|mixed(i)>>8, uint16(mixed(i*3)), 0x0b000000|mixed(i+9)>>8, uint16(mixed(i*5)), fmt.Sprintf("%d noise %d", mixed(i), i))
		}, nil},
		{"answers", "UDP answers of names to questions nobody asked, from 10 million addresses", 10e6, func(b *builder, i uint32) []byte {
			return b.udp(mixed(i), 53, 0x0a000001, uint16(1024+i%60000), "\x12\x34\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x07version\x04bind\x00\x00\x10\x00\x03")
		}, nil},
		{"fragments", "first fragments whose others never come", 10e6, func(b *builder, i uint32) []byte {
			f := b.udp(mixed(i), 2000, 0xc0a80001, 53, "the first part of what is never said in full, and for which there must be room")
			binary.BigEndian.PutUint16(f[18:], uint16(i))
			f[20] = 0x20
			return f
		}, nil},
		{"overlaps", "middle fragments of everything, without end", 10e6, func(b *builder, i uint32) []byte {
			f := b.udp(0xc0a80002+i/65536%4, 2000, 0xc0a80001, 53, "a part of what is never said in full, and for which there must be room")
			binary.BigEndian.PutUint16(f[18:], uint16(i))
			binary.BigEndian.PutUint16(f[20:], 0x2000|uint16(1+mixed(i)%8000))
			return f
		}, nil},
		{"arp", "ARP claims of 10 million addresses, each by another card", 10e6, func(b *builder, i uint32) []byte {
			return b.arp(0x0a000000|mixed(i)>>8, mixed(i+1))
		}, nil},
		{"names", "DHCP and mDNS names of a /8, each another", 5e6, func(b *builder, i uint32) []byte {
			name := fmt.Sprintf("h%08x", mixed(i))
			return b.udp(0x0a000000|mixed(i)>>8, 5353, 0xe00000fb, 5353,
				"\x00\x00\x84\x00\x00\x00\x00\x01\x00\x00\x00\x00\x09"+name+"\x05local\x00\x00\x01\x80\x01\x00\x00\x00\x78\x00\x04\x0a"+string([]byte{byte(mixed(i) >> 24), byte(mixed(i) >> 16), byte(mixed(i) >> 8)}))
		}, nil},
		{"resolver", "a resolver's answers about a /8, each another name", 5e6, func(b *builder, i uint32) []byte {
			name := fmt.Sprintf("h%08x", mixed(i))
			return b.udp(0x0a000035, 53, 0x0a000001, uint16(1024+i%60000),
				"\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x09"+name+"\x07example\x03net\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x78\x00\x04\x0a"+string([]byte{byte(mixed(i) >> 24), byte(mixed(i) >> 16), byte(mixed(i) >> 8)}))
		}, nil},
		{"jumps", "connections while the clock jumps by years, back and forth", 2.5e6, func(b *builder, i uint32) []byte {
			k := i / 5
			return b.greeting(i%5, 0xac000000+k%1000, 22, uint16(1024+k/1000), fmt.Sprintf("SSH-2.0-OpenSSH_9.%dp1\r\n", k%10))
		}, func(i uint32, t int64) int64 {
			if i/5%7 == 0 {
				return int64(mixed(i/5))*1e9 + int64(i)*1000
			}
			return t
		}},
	}
}

// mixed spreads numbers, one to one.
func mixed(i uint32) uint32 {
	i *= 0x9e3779b1
	return bits.ReverseBytes32(i^i>>15) * 0x85ebca6b
}

// builder makes frames in memory of its own.
type builder struct{ mem [2048]byte }

// ip begins an Ethernet frame with an IPv4 packet that has n bytes behind its header.
func (b *builder) ip(src, dst uint32, proto byte, n int) []byte {
	f := b.mem[:34+n]
	copy(f, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00\x45\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00")
	binary.BigEndian.PutUint16(f[16:], uint16(20+n))
	f[23] = proto
	binary.BigEndian.PutUint32(f[26:], src)
	binary.BigEndian.PutUint32(f[30:], dst)
	return f
}

func (b *builder) tcp(src uint32, sport uint16, dst uint32, dport uint16, seq, ack uint32, flags byte, data string) []byte {
	f := b.ip(src, dst, 6, 20+len(data))
	t := f[34:]
	binary.BigEndian.PutUint16(t, sport)
	binary.BigEndian.PutUint16(t[2:], dport)
	binary.BigEndian.PutUint32(t[4:], seq)
	binary.BigEndian.PutUint32(t[8:], ack)
	t[12], t[13] = 0x50, flags
	binary.BigEndian.PutUint32(t[14:], 0xffff0000)
	t[18], t[19] = 0, 0
	copy(t[20:], data)
	return f
}

func (b *builder) udp(src uint32, sport uint16, dst uint32, dport uint16, data string) []byte {
	f := b.ip(src, dst, 17, 8+len(data))
	u := f[34:]
	binary.BigEndian.PutUint16(u, sport)
	binary.BigEndian.PutUint16(u[2:], dport)
	binary.BigEndian.PutUint16(u[4:], uint16(8+len(data)))
	u[6], u[7] = 0, 0
	copy(u[8:], data)
	return f
}

// greeting is one of the five packets of a connection in which the server speaks first.
func (b *builder) greeting(step, host uint32, port, client uint16, words string) []byte {
	const who = 0x0a000001
	switch step {
	case 0:
		return b.tcp(who, client, host, port, 100, 0, 2, "")
	case 1:
		return b.tcp(host, port, who, client, 500, 101, 0x12, "")
	case 2:
		return b.tcp(who, client, host, port, 101, 501, 0x10, "")
	case 3:
		return b.tcp(host, port, who, client, 501, 101, 0x18, words)
	}
	return b.tcp(who, client, host, port, 101, 501+uint32(len(words)), 0x14, "")
}

func (b *builder) arp(addr, card uint32) []byte {
	f := b.mem[:60]
	copy(f, "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x02\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02\x02\x00")
	binary.BigEndian.PutUint32(f[24:], card)
	binary.BigEndian.PutUint32(f[28:], addr)
	clear(f[32:])
	binary.BigEndian.PutUint32(f[38:], addr)
	return f
}
