package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"earshot/state"
)

// CSV writes a line for each service, below a line of column names (RFC 4180). A cell
// that a spreadsheet would take for a formula begins with an apostrophe.
func CSV(w io.Writer, s state.Store, o *Options) error {
	out := csv.NewWriter(w)
	err := out.Write([]string{
		"host", "vlan", "vni", "name", "port", "proto", "state", "service", "product", "version", "extrainfo", "hostname", "os", "device", "cpe", "method", "confidence", "first", "last", "count",
	})
	if err != nil {
		return err
	}
	err = o.walk(s, func(h *host) error {
		name := h.ownName()
		for i := range h.rows {
			r := &h.rows[i]
			cells := []string{
				h.Addr.String(), number(uint64(h.VLAN)), number(uint64(h.VNI)), name, strconv.Itoa(int(r.Endpoint.Addr.Port())), r.Endpoint.Proto.String(), r.State(),
				r.name(), r.Product, r.Version, r.Info, r.Hostname, r.OS, r.Device, strings.Join(r.CPE, " "), r.Method, strconv.Itoa(r.Confidence), "", "", strconv.FormatUint(r.life.Count, 10),
			}
			if !r.life.First.IsZero() {
				cells[17], cells[18] = rfc3339(r.life.First), rfc3339(r.life.Last)
			}
			for i, c := range cells {
				cells[i] = cell(c)
			}
			if err := out.Write(cells); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// cell makes text harmless: no control bytes, no formula.
func cell(s string) string {
	s = clean(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}
