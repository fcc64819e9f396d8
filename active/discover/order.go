package discover

import "math/bits"

// permutation walks 0 … n-1 in a random-looking order without holding it: a Feistel
// network over the smallest even number of bits that holds n, walked on until the
// value is below n (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
type permutation struct {
	n    uint64
	half uint
	keys [6]uint64
}

func newPermutation(n, seed uint64) permutation {
	p := permutation{n: n, half: 1}
	if n > 1 {
		p.half = uint(bits.Len64(n-1)+1) / 2
	}
	for i := range p.keys {
		seed += 0x9e3779b97f4a7c15
		p.keys[i] = mix64(seed)
	}
	return p
}

// at returns the i-th value, i < n. Fewer than four steps are needed on average.
func (p *permutation) at(i uint64) uint64 {
	mask := uint64(1)<<p.half - 1
	for {
		l, r := i>>p.half, i&mask
		for _, k := range p.keys {
			l, r = r, l^mix64(r^k)&mask
		}
		if i = l<<p.half | r; i < p.n {
			return i
		}
	}
}

// mix64 is the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
func mix64(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
