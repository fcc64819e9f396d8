package report

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"
	"time"

	"earshot/capture"
	"earshot/matcher"
	"earshot/state"
)

// The classes of OCSF 1.3 (schema.ocsf.io/1.3.0, category 5, Discovery) and the
// activities that both have.
const (
	ocsfVersion  = "1.3.0"
	ocsfCategory = 5
	ocsfDevice   = 5001 // Device Inventory Info
	ocsfSoftware = 5020 // Software Inventory Info

	ocsfLog     = 1 // what was overheard
	ocsfCollect = 2 // what was asked for
)

type ocsfEvent struct {
	Metadata ocsfMetadata   `json:"metadata"`
	Category int            `json:"category_uid"`
	Class    int            `json:"class_uid"`
	Activity int            `json:"activity_id"`
	Type     int            `json:"type_uid"`
	Severity int            `json:"severity_id"` // 1, informational
	Time     int64          `json:"time"`        // milliseconds since 1970
	Start    int64          `json:"start_time,omitempty"`
	End      int64          `json:"end_time,omitempty"`
	Count    uint64         `json:"count,omitempty"`
	Device   ocsfHost       `json:"device"`
	Package  *ocsfPackage   `json:"package,omitempty"`
	Unmapped map[string]any `json:"unmapped,omitempty"`
}

type ocsfMetadata struct {
	Version string      `json:"version"`
	Product ocsfProduct `json:"product"`
}

type ocsfProduct struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor_name"`
	Version string `json:"version,omitempty"`
}

type ocsfHost struct {
	IP     string  `json:"ip"`
	Type   int     `json:"type_id"` // 0, unknown
	Name   string  `json:"hostname,omitempty"`
	MAC    string  `json:"mac,omitempty"`
	Vendor string  `json:"vendor_name,omitempty"`
	OS     *ocsfOS `json:"os,omitempty"`
	VLAN   string  `json:"vlan_uid,omitempty"`
	First  int64   `json:"first_seen_time,omitempty"`
	Last   int64   `json:"last_seen_time,omitempty"`
}

type ocsfOS struct {
	Name string `json:"name"`
	Type int    `json:"type_id"`
}

type ocsfPackage struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	CPE     string `json:"cpe_name,omitempty"`
}

// OCSF writes events of the Open Cybersecurity Schema Framework, one JSON object a line:
// for each host one of class 5001, Device Inventory Info, and for each service whose
// product is known one of class 5020, Software Inventory Info. Activity 1 is what was
// overheard, 2 what was asked for. What the classes have no room for (port, transport,
// service) stands in "unmapped". A version that is not known is "unknown": the class
// demands one.
func OCSF(w io.Writer, s state.Store, o *Options) error {
	out := bufio.NewWriterSize(w, 1<<16)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	err := o.walk(s, func(h *host) error {
		if err := enc.Encode(o.ocsfDevice(h)); err != nil {
			return err
		}
		for i := range h.rows {
			if r := &h.rows[i]; r.Product != "" {
				if err := enc.Encode(o.ocsfSoftware(h, r)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

func (o *Options) ocsfEvent(class, activity int, l state.Life, h *host) *ocsfEvent {
	return &ocsfEvent{
		Metadata: ocsfMetadata{ocsfVersion, ocsfProduct{"earshot", "earshot", o.Version}},
		Category: ocsfCategory, Class: class, Activity: activity, Type: class*100 + activity, Severity: 1,
		Time: milliseconds(l.Last), Start: milliseconds(l.First), End: milliseconds(l.Last), Count: l.Count,
		Device: ocsfHost{IP: h.Addr.String(), VLAN: number(uint64(h.VLAN))},
	}
}

func (o *Options) ocsfDevice(h *host) *ocsfEvent {
	activity := ocsfLog
	for i := range h.rows {
		if h.rows[i].Method == state.Active.String() {
			activity = ocsfCollect
		}
	}
	e := o.ocsfEvent(ocsfDevice, activity, h.life, h)
	e.Count = 0
	d := &e.Device
	d.Name, d.First, d.Last = clean(h.ownName()), milliseconds(h.life.First), milliseconds(h.life.Last)
	if m := h.Hinted("mac"); len(m) > 0 {
		d.MAC = clean(m[0])
		if o.Vendor != nil {
			d.Vendor = clean(o.Vendor(m[0]))
		}
	}
	if s := h.system(); s.Name != "" {
		d.OS = &ocsfOS{clean(s.Name), ocsfOSType(s.Family)}
	}
	if h.VNI != 0 {
		e.Unmapped = map[string]any{"vni": h.VNI}
	}
	return e
}

func (o *Options) ocsfSoftware(h *host, r *row) *ocsfEvent {
	activity := ocsfLog
	if r.Method == state.Active.String() {
		activity = ocsfCollect
	}
	e := o.ocsfEvent(ocsfSoftware, activity, r.life, h)
	e.Package = &ocsfPackage{Name: clean(r.Product), Version: "unknown"}
	if r.Version != "" {
		e.Package.Version = clean(r.Version)
	}
	for _, c := range r.CPE {
		if n, ok := matcher.CPE23(c); ok && strings.HasPrefix(c, "cpe:/a:") {
			e.Package.CPE = clean(n)
		}
	}
	if r.OS != "" {
		e.Device.OS = &ocsfOS{clean(r.OS), ocsfOSType(r.OS)}
	}
	e.Unmapped = map[string]any{
		"port": r.Endpoint.Addr.Port(), "transport": r.Endpoint.Proto.String(), "service": clean(r.name()), "state": r.State(), "confidence": r.Confidence,
	}
	if h.VNI != 0 {
		e.Unmapped["vni"] = h.VNI
	}
	if r.By != nil && r.By.Via != capture.Direct {
		e.Unmapped["via"] = viaWord(r.By.Via)
	}
	return e
}

// ocsfOSType is the type_id of the object os; 99 is other.
func ocsfOSType(name string) int {
	n := strings.ToLower(name)
	if strings.HasPrefix(name, "IOS") {
		return 99 // Cisco's
	}
	for _, t := range [...]struct {
		word string
		id   int
	}{{"windows", 100}, {"android", 201}, {"linux", 200}, {"ipados", 302}, {"ios", 301}, {"mac os", 300}, {"macos", 300}, {"solaris", 400}, {"aix", 401}, {"hp-ux", 402}} {
		if strings.HasPrefix(n, t.word) {
			return t.id
		}
	}
	return 99
}

func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return clamp(t).UnixMilli()
}
