package matcher

import "testing"

// TestRisks holds patterns that cost much beside those that do not.
func TestRisks(t *testing.T) {
	db := mustDB(t, Options{Validate: true}, "Probe TCP NULL q||\n"+
		"match endless m=^(a+)+\\1+b=\n"+
		"match long m=^[^x]*y[^x]*z[^x]*w[^x]*!=\n"+
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
	if all := db.Risks(4096, 1<<18); len(all) != 1 {
		t.Errorf("%d lines are over a bound that only an ended budget passes, want 1", len(all))
	}
}
