package report

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

// TestEvents reads every event back: what the schemas demand is there, and an event of
// OCSF adds up.
func TestEvents(t *testing.T) {
	kinds := map[string]int{}
	for _, line := range bytes.Split(bytes.TrimSpace(write(t, OCSF, town(t), options(t))), []byte("\n")) {
		var e struct {
			Category int `json:"category_uid"`
			Class    int `json:"class_uid"`
			Activity int `json:"activity_id"`
			Type     int `json:"type_uid"`
			Severity int `json:"severity_id"`
			Time     int64
			Metadata struct {
				Version string
				Product struct{ Name string }
			}
			Device  struct{ IP string }
			Package *struct{ Name, Version string }
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if e.Category != 5 || e.Type != e.Class*100+e.Activity || e.Activity < 1 || e.Activity > 2 || e.Severity != 1 || e.Time == 0 ||
			e.Metadata.Version == "" || e.Metadata.Product.Name == "" || e.Device.IP == "" {
			t.Errorf("something is missing: %s", line)
		}
		switch e.Class {
		case 5001:
			kinds["device"]++
		case 5020:
			kinds["software"]++
			if e.Package == nil || e.Package.Name == "" || e.Package.Version == "" {
				t.Errorf("no package: %s", line)
			}
		default:
			t.Errorf("another class: %s", line)
		}
	}
	for _, line := range bytes.Split(bytes.TrimSpace(write(t, EVE, town(t), options(t))), []byte("\n")) {
		var e map[string]json.RawMessage
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		var kind, at string
		if json.Unmarshal(e["event_type"], &kind) != nil || json.Unmarshal(e["timestamp"], &at) != nil || len(e[kind]) < 3 {
			t.Errorf("no event: %s", line)
		}
		if _, err := time.Parse(eveTime, at); err != nil {
			t.Error(err)
		}
		kinds[kind]++
	}
	for _, k := range []string{"device", "software", "host", "service", "change", "stats"} {
		if kinds[k] == 0 {
			t.Errorf("no event of %s", k)
		}
	}
}
