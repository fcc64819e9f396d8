package matcher

import "testing"

// TestRisks holds patterns that cost much beside those that do not.
func TestRisks(t *testing.T) {
	db := mustDB(t, Options{Validate: true}, "Probe TCP NULL q||\n"+
		"match endless m=^(a+)+\\1+b=\n"+
		"match long m=^[^x]*y[^x]*z[^x]*w[^x]*!=\n"+
		"match large m=^HTTP/[\\d.]+ \\d\\d\\d[^\\r\\n]*\\r?\\n(?:(?!server:)[^\\r\\n]+\\r?\\n)*\\r?\\n(?:[^<]|<(?!title)){0,6000}?<title>FUXA</title>=i\n"+
		"match fine m=^SSH-([\\d.]+)-(\\S+)\\r\\n=\n")
	risks := db.Risks(4096, 1)
	if len(risks) == 0 || risks[0].Line.Service != "endless" || !risks[0].Exhausted {
		t.Fatalf("the endless pattern is not first: %+v", risks)
	}
	for _, r := range risks {
		if r.Line.Service == "fine" && r.Steps > 16*4096 {
			t.Errorf("%s: %d steps on %.40q", r.Line.Pattern, r.Steps, r.Text)
		}
	}
	for i, r := range db.Risks(4096, 1<<18) {
		if name := r.Line.Service; i == 0 && name != "endless" || i == 1 && (name != "large" || !r.TooLarge) || i > 1 {
			t.Errorf("over a bound that only an ended budget passes, or too large for PCRE2: %d. is %s, %d bytes", i, name, r.Size)
		}
	}
}
