package pcre

import "testing"

// TestPCRE2Size holds what PCRE2 10.42 itself says of patterns (PCRE2_INFO_SIZE, less what
// the empty pattern has beyond its 7 bytes) beside the most that we say; 0 where it refuses
// the pattern. Package oracle asks it about many more.
func TestPCRE2Size(t *testing.T) {
	for _, c := range []struct {
		pattern    string
		them, ours int
	}{
		{``, 7, 7},
		{`abc`, 13, 13},
		{`^a\d$`, 12, 13},
		{`a|b|cd`, 21, 21},
		{`(a)`, 17, 17},
		{`(?:a)`, 15, 15},
		{`(?:(?i:a))`, 21, 21},
		{`(?:)(?:)`, 19, 19},
		{`(?:a(?:)){0,50}`, 1051, 1057},
		{`[ab]`, 40, 40},
		{`[ab]{2,9}`, 45, 45},
		{`a{3,4}`, 13, 15},
		{`a{0,6000}`, 11, 15},
		{`\d{3,5}`, 15, 15},
		{`(a)*`, 18, 18},
		{`(?:a)*+`, 16, 25},
		{`(?:ab){7}`, 77, 77},
		{`(?:ab){7,}`, 77, 78},
		{`(?:ab){0,7}`, 120, 126},
		{`(?:ab){2,7}`, 106, 112},
		{`(ab){0,7}+`, 140, 149},
		{`(?:(?:ab){10}){10}`, 1067, 1067},
		{`(?=a)(?!b)(?<=c|d)`, 42, 42},
		{`(a)\1{2,3}`, 25, 25},
		{`(a)?(?(1)b|c)`, 34, 40},
		{`(?>a)`, 15, 15},
		{`.{0,6000}`, 11, 15},
		{`(?:.){0,6000}`, 0, 90007},
		{`(?:[^<]|<(?!title)){0,6000}?`, 0, pcre2Group + 1 + pcre2Most},
	} {
		p, err := Parse([]byte(c.pattern), 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := p.PCRE2Size(); n != c.ours || n < c.them || c.them == 0 && n <= MaxPCRE2Size {
			t.Errorf("%s: %d bytes, want %d; PCRE2 says %d", c.pattern, n, c.ours, c.them)
		}
	}
}
