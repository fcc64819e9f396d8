package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"testing"

	"earshot/capture"
	"earshot/matcher/request"
	"earshot/state"
)

// schema is what OCSF 1.3 says of an object, as far as we write it: which attributes it
// must have, which it may have, and of what type each is.
type schema struct {
	must []string
	any  []string // at least one of these
	is   map[string]string
}

// ocsfSchemas are those of the schema's pages of the classes inventory_info (5001) and
// software_info (5020) and of the objects in them.
func ocsfSchemas() map[string]schema {
	event := map[string]string{
		"metadata": "metadata", "category_uid": "5", "class_uid": "5001|5020", "activity_id": "1|2", "type_uid": "500101|500102|502001|502002",
		"severity_id": "1", "time": "time", "start_time": "time", "end_time": "time", "count": "int", "device": "device", "package": "package", "unmapped": "object",
	}
	return map[string]schema{
		"event":    {must: []string{"metadata", "category_uid", "class_uid", "activity_id", "type_uid", "severity_id", "time", "device"}, is: event},
		"metadata": {must: []string{"version", "product"}, is: map[string]string{"version": `1\.3\.0`, "product": "product"}},
		"product":  {must: []string{"vendor_name"}, any: []string{"name", "uid"}, is: map[string]string{"name": "string", "vendor_name": "string", "version": "string"}},
		"device": {must: []string{"type_id"}, any: []string{"ip", "uid", "name", "hostname", "instance_uid", "interface_uid", "interface_name"}, is: map[string]string{
			"ip": "ip", "type_id": "0|1|2|3|4|5|6|7|8|9|10|11|12|99", "hostname": "string", "mac": "mac", "vendor_name": "string", "os": "os", "vlan_uid": "string",
			"first_seen_time": "time", "last_seen_time": "time",
		}},
		"os":      {must: []string{"name", "type_id"}, is: map[string]string{"name": "string", "type_id": "0|99|100|101|200|201|300|301|302|400|401|402"}},
		"package": {must: []string{"name", "version"}, is: map[string]string{"name": "string", "version": "string", "cpe_name": `cpe:2\.3:a:.*`}},
	}
}

// check says what is wrong with a value of a schema's type.
func (s schema) check(all map[string]schema, where string, v map[string]any) (wrong []string) {
	for _, k := range s.must {
		if _, ok := v[k]; !ok {
			wrong = append(wrong, where+" has no "+k)
		}
	}
	if len(s.any) > 0 && !slices.ContainsFunc(s.any, func(k string) bool { return v[k] != nil }) {
		wrong = append(wrong, fmt.Sprintf("%s has none of %v", where, s.any))
	}
	for k, x := range v {
		is, at := s.is[k], where+"."+k
		text, isText := x.(string)
		number, isNumber := x.(json.Number)
		switch is {
		case "":
			wrong = append(wrong, at+" is no attribute of the schema")
		case "object":
		case "string":
			if !isText || text == "" {
				wrong = append(wrong, at+" is no string")
			}
		case "ip":
			if _, err := netip.ParseAddr(text); err != nil {
				wrong = append(wrong, at+" is no address")
			}
		case "mac":
			if !regexp.MustCompile(`^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$`).MatchString(text) {
				wrong = append(wrong, at+" is no hardware address")
			}
		case "time", "int":
			if n, err := number.Int64(); err != nil || n <= 0 {
				wrong = append(wrong, at+" is no number")
			}
		default:
			if o, ok := all[is]; ok {
				m, ok := x.(map[string]any)
				if !ok {
					wrong = append(wrong, at+" is no object")
					continue
				}
				wrong = append(wrong, o.check(all, at, m)...)
				continue
			}
			if w := fmt.Sprint(x); !regexp.MustCompile("^(?:"+is+")$").MatchString(w) || !isText && !isNumber {
				wrong = append(wrong, at+" is "+w+", want "+is)
			}
		}
	}
	return wrong
}

// Every event has what the schema demands, and nothing that it does not know.
func TestOCSFSchema(t *testing.T) {
	all := ocsfSchemas()
	n := 0
	for _, line := range bytes.Split(bytes.TrimSpace(write(t, OCSF, town(t), options(t))), []byte("\n")) {
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		var e map[string]any
		if err := d.Decode(&e); err != nil {
			t.Fatal(err)
		}
		for _, w := range all["event"].check(all, "event", e) {
			t.Errorf("%s: %s", w, line)
		}
		n++
		// A check that finds nothing wrong in anything proves nothing.
		for _, k := range []string{"device", "time", "class_uid"} {
			x := e[k]
			delete(e, k)
			if len(all["event"].check(all, "event", e)) == 0 {
				t.Errorf("an event without %s passes", k)
			}
			e[k] = x
		}
		e["flavour"] = "vanilla"
		if len(all["event"].check(all, "event", e)) == 0 {
			t.Error("an attribute that the schema does not know passes")
		}
	}
	if n < 4 {
		t.Errorf("%d events", n)
	}
}

// An event of what was said to a client names the flow as Zeek and Suricata do.
func TestEVEFlow(t *testing.T) {
	m := new(state.Memory)
	e := hard("ssh", "OpenSSH", "9.2p1", "")
	e.Client = netip.MustParseAddrPort("1.2.3.4:1122")
	service(t, m, "5.6.7.8:3344", request.TCP, 0, 10, e)
	o := options(t)
	o.Interface = "eth1"
	flows := 0
	for _, line := range bytes.Split(bytes.TrimSpace(write(t, EVE, m, o)), []byte("\n")) {
		var got struct {
			Type  string `json:"event_type"`
			Iface string `json:"in_iface"`
			Flow  uint64 `json:"flow_id"`
			ID    string `json:"community_id"`
			Src   string `json:"src_ip"`
			Port  uint16 `json:"src_port"`
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatal(err)
		}
		if got.Iface != "eth1" {
			t.Errorf("in_iface is %q: %s", got.Iface, line)
		}
		if got.Type != "service" {
			continue
		}
		flows++
		if got.ID != "1:wCb3OG7yAFWelaUydu0D+125CLM=" || got.ID != capture.CommunityID(request.TCP, e.Client, netip.MustParseAddrPort("5.6.7.8:3344")) ||
			got.Src != "1.2.3.4" || got.Port != 1122 || got.Flow == 0 || got.Flow >= 1<<53 {
			t.Errorf("%s", line)
		}
	}
	if flows != 1 {
		t.Errorf("%d events of services", flows)
	}
}
