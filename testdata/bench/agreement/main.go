// Agreement says how far two tools that asked the same servers agree: endpoint by endpoint
// in service, product, version, extra information, host name, system, device and CPE, out
// of the XML that both write.
//
//	agreement -truth truth.json -nmap tcp.xml,udp.xml -bare tcp.xml,udp.xml -notes notes.tsv ours.xml
//
// -bare is a run of nmap with its version scripts switched off: a difference that goes
// away against it is made by a script and not by the matching. -notes explains
// differences: lines of endpoint, tab, fields (commas), tab, text.
package main

import (
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

// key is an endpoint as the XML has it.
type key struct {
	addr, proto string
	port        uint16
}

// endpoint is a server of the lab.
type endpoint struct {
	Name  string `json:"name"`
	Addr  string `json:"ip"`
	Port  uint16 `json:"port"`
	Proto string `json:"proto"`
}

// answer is what a tool says of an endpoint. The service is as the column of the table
// has it: with the tunnel, and "?" behind a name that comes from the port.
type answer [fields]string

const fields = 8

var fieldNames = [fields]string{"service", "product", "version", "info", "hostname", "os", "device", "cpe"}

func main() {
	truth := flag.String("truth", "", "the lab's endpoints, `truth.json`")
	nmap := flag.String("nmap", "", "XML of nmap, `FILE,FILE`")
	bare := flag.String("bare", "", "XML of nmap without its version scripts, `FILE,FILE`")
	notes := flag.String("notes", "", "explanations, `FILE`")
	least := flag.Float64("least", 0, "fail if less than this `PERCENT` of the endpoints agree")
	flag.Parse()
	share, err := run(os.Stdout, *truth, *nmap, *bare, *notes, flag.Args())
	if err == nil && share < *least {
		err = fmt.Errorf("%.1f %% agree, not %.1f", share, *least)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "agreement:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, truth, nmap, bare, notes string, ours []string) (share float64, err error) {
	data, err := os.ReadFile(truth)
	if err != nil {
		return 0, err
	}
	var all []endpoint
	if err := json.Unmarshal(data, &all); err != nil {
		return 0, err
	}
	why, err := readNotes(notes)
	if err != nil {
		return 0, err
	}
	var read [3]map[key]answer
	for i, paths := range [3][]string{split(nmap), split(bare), ours} {
		if read[i], err = answers(paths); err != nil {
			return 0, err
		}
	}
	return compare(w, all, read[0], read[1], read[2], bare != "", why), nil
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// compare prints the table and returns the share of endpoints that agree in all fields.
func compare(w io.Writer, all []endpoint, nmap, bare, ours map[key]answer, hasBare bool, why map[string][]note) float64 {
	var same, sameBare [fields]int
	full, fullBare, unexplained := 0, 0, 0
	var differing []string
	for _, e := range all {
		k := key{e.Addr, e.Proto, e.Port}
		n, b, o := nmap[k], bare[k], ours[k]
		d, db := differ(n, o), differ(b, o)
		for f := range fields {
			if !slices.Contains(d, f) {
				same[f]++
			}
			if !slices.Contains(db, f) {
				sameBare[f]++
			}
		}
		if len(db) == 0 {
			fullBare++
		}
		if len(d) == 0 {
			full++
			continue
		}
		text := fmt.Sprintf("%s (%s %d)\n", e.Name, e.Proto, e.Port)
		for _, f := range d {
			text += fmt.Sprintf("    %-9s nmap %q, ours %q\n", fieldNames[f], n[f], o[f])
		}
		var reasons []string
		left := slices.Clone(d)
		for _, x := range why[e.Name] {
			if x.covers(left) {
				reasons = append(reasons, x.text)
				left = slices.DeleteFunc(left, func(f int) bool { return slices.Contains(x.fields, fieldNames[f]) })
			}
		}
		if hasBare {
			with := left
			if left = slices.DeleteFunc(slices.Clone(with), func(f int) bool { return !slices.Contains(db, f) }); len(left) < len(with) {
				reasons = append(reasons, names(with, left)+": nmap without its scripts says what we say")
			}
		}
		if len(left) > 0 {
			unexplained++
			reasons = append(reasons, "not explained")
		}
		for _, r := range reasons {
			text += "    = " + r + "\n"
		}
		differing = append(differing, text)
	}
	fmt.Fprintf(w, "%-12s %14s %14s\n", "agree in", "nmap -sV", "its scripts off")
	row := func(name string, a, b int) {
		if !hasBare {
			fmt.Fprintf(w, "%-12s %4d (%5.1f %%)\n", name, a, percent(a, len(all)))
			return
		}
		fmt.Fprintf(w, "%-12s %4d (%5.1f %%) %4d (%5.1f %%)\n", name, a, percent(a, len(all)), b, percent(b, len(all)))
	}
	for f, name := range fieldNames {
		row(name, same[f], sameBare[f])
	}
	row("everything", full, fullBare)
	fmt.Fprintf(w, "of %d endpoints; %d differ, %d of them not explained\n", len(all), len(differing), unexplained)
	for _, text := range differing {
		fmt.Fprint(w, "\n", text)
	}
	return percent(full, len(all))
}

// names are the fields of all that are not in without.
func names(all, without []int) string {
	var out []string
	for _, f := range all {
		if !slices.Contains(without, f) {
			out = append(out, fieldNames[f])
		}
	}
	return strings.Join(out, ", ")
}

func percent(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(n) / float64(of)
}

// clock is the time of day that some servers say: two runs do not ask at the same second.
var clock = regexp.MustCompile(`\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ?`)

func differ(a, b answer) (out []int) {
	for f := range fields {
		if a[f] != b[f] && !(clock.MatchString(a[f]) && clock.ReplaceAllString(a[f], "") == clock.ReplaceAllString(b[f], "")) {
			out = append(out, f)
		}
	}
	return out
}

// note explains why an endpoint differs in some fields.
type note struct {
	fields []string
	text   string
}

func (n *note) covers(left []int) bool {
	return slices.ContainsFunc(left, func(f int) bool { return slices.Contains(n.fields, fieldNames[f]) })
}

func readNotes(path string) (map[string][]note, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	out := map[string][]note{}
	for i, line := range strings.Split(string(data), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.Split(line, "\t")
		if len(parts) != 3 {
			return nil, fmt.Errorf("%s:%d: not endpoint, fields, text", path, i+1)
		}
		out[parts[0]] = append(out[parts[0]], note{strings.Split(parts[1], ","), parts[2]})
	}
	return out, nil
}

// answers reads what nmap's XML says of ports.
func answers(paths []string) (map[key]answer, error) {
	out := map[key]answer{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var doc struct {
			Hosts []struct {
				Addresses []struct {
					Addr string `xml:"addr,attr"`
					Type string `xml:"addrtype,attr"`
				} `xml:"address"`
				Ports []struct {
					Proto string `xml:"protocol,attr"`
					Port  uint16 `xml:"portid,attr"`
					State struct {
						State string `xml:"state,attr"`
					} `xml:"state"`
					Service struct {
						Name    string   `xml:"name,attr"`
						Tunnel  string   `xml:"tunnel,attr"`
						Product string   `xml:"product,attr"`
						Version string   `xml:"version,attr"`
						Info    string   `xml:"extrainfo,attr"`
						Host    string   `xml:"hostname,attr"`
						OS      string   `xml:"ostype,attr"`
						Device  string   `xml:"devicetype,attr"`
						Conf    int      `xml:"conf,attr"`
						CPE     []string `xml:"cpe"`
					} `xml:"service"`
				} `xml:"ports>port"`
			} `xml:"host"`
		}
		if err := xml.Unmarshal(data, &doc); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, h := range doc.Hosts {
			for _, p := range h.Ports {
				if !strings.HasPrefix(p.State.State, "open") {
					continue
				}
				s := &p.Service
				a := answer{s.Name, s.Product, s.Version, s.Info, s.Host, s.OS, s.Device, ""}
				switch {
				case s.Name == "":
					a[0] = "unknown"
				case s.Name != "unknown" && s.Conf <= 5:
					a[0] += "?"
				}
				if s.Tunnel != "" {
					a[0] = s.Tunnel + "/" + a[0]
				}
				slices.Sort(s.CPE)
				a[fields-1] = strings.Join(s.CPE, " ")
				for _, x := range h.Addresses {
					if x.Type != "mac" {
						out[key{x.Addr, p.Proto, p.Port}] = a
					}
				}
			}
		}
	}
	return out, nil
}
