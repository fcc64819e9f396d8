package pcre_test

import (
	"math"
	"math/rand"
	"testing"

	"earshot/matcher/pcre"
)

func bits(t *testing.T, pattern string, flags pcre.Flags, size int) float64 {
	t.Helper()
	p, err := pcre.Parse([]byte(pattern), flags)
	if err != nil {
		t.Fatal(err)
	}
	return p.Bits(size)
}

func TestBits(t *testing.T) {
	for _, c := range []struct {
		pattern string
		flags   pcre.Flags
		want    float64
	}{
		{`^ab`, 0, 16},
		{`^ab`, pcre.Caseless, 14},
		{`^a.`, pcre.DotAll, 8},
		{`^[\0-\x7f]{4}$`, 0, 4},
		{`^(?:ab|cd)`, 0, 15},
		{`^(?:a|b|c|d)`, 0, 6},
		{`^ab(?:cd)?`, 0, 16 - math.Log2(1+1.0/65536)},
		{`^.{0,3}?ab`, pcre.DotAll, 14}, // at four places
		{`ab`, 0, 6},                    // at 1024 of them
		{`^(?=.{0,3}abcd)a`, pcre.DotAll, 30},
		{`^(?!ab)a`, 0, 8},
		{`^(?:(?=ab)|cd)ab`, 0, 16 - math.Log2(1+1.0/65536)}, // the same bytes are not counted twice
		{`^a*`, 0, 0},
		{`^(.)\1$`, 0, -math.Log2(255.0 / 256)},
		{``, 0, 0},
	} {
		if got := bits(t, c.pattern, c.flags, 1024); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%q: %v bits, want %v", c.pattern, got, c.want)
		}
	}
}

// Random texts match no more often than the bits say.
func TestBitsBound(t *testing.T) {
	const rounds, size = 200_000, 12
	r := rand.New(rand.NewSource(3))
	for _, pattern := range []string{
		`^a`, `^[a-h]`, `^[\0-\x0f][\0-\x0f]`, `^.?[\0-\x07]`, `[\0-\x01][\0-\x3f]`, `^(?:[a-d]|[c-f].)`,
		`^(?s:.{0,5}?)[a-b]`, `^(?=[\0-\x1f])[\0-\x3f]`, `^[\x80-\xff]+[\0-\x03]`, `^(?:[\0-\x3f]{2})*[\x40-\x4f]`, `^([\0-\x3f]|)\1[\0-\x0f]`, `^(?:(?=[\0-\x07])|[\0-\x03])[\0-\x0f]`,
	} {
		re, err := pcre.Compile([]byte(pattern), pcre.DotAll)
		if err != nil {
			t.Fatal(err)
		}
		caps := make([]int, 2*(re.Groups()+1))
		matched := 0
		for range rounds {
			b := make([]byte, size)
			r.Read(b)
			budget := pcre.Budget{Steps: 10_000}
			if re.Match(b, caps, &budget) == pcre.Match {
				matched++
			}
		}
		n := bits(t, pattern, pcre.DotAll, size)
		if most := rounds * math.Pow(2, -n); float64(matched) > most+5*math.Sqrt(most) {
			t.Errorf("%q: %d of %d random texts match, and %.1f bits allow %.0f", pattern, matched, rounds, n, most)
		}
	}
}
