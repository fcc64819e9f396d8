package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"earshot/matcher"
	"earshot/matcher/request"
)

func matchCommand(con *console) *cli.Command {
	return &cli.Command{
		Name:      "match",
		Usage:     "say what the bytes on standard input are",
		ArgsUsage: "[flags] < BYTES",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "probe", Usage: "the `PROBE` that the bytes answer: NULL for a greeting, GetRequest, …; without it NULL, then every probe"},
			&cli.StringFlag{Name: "proto", Value: "tcp", Usage: "tcp or udp: the `TRANSPORT` they came by; udp by itself if only a UDP probe is called like PROBE; cert for the text of a certificate"},
			&cli.BoolFlag{Name: "json", Usage: "one JSON object instead of text"},
			&cli.BoolFlag{Name: "strict", Usage: "the first line that matches wins, hard or soft, as in nmap"},
			&cli.BoolFlag{Name: "all", Aliases: []string{"a"}, Usage: "every line of the transport that matches, not just the one that wins"},
		}, databaseFlags()...),
		Description: "exit status: 0 a line matches, 1 none does, 2 usage",
		Action:      func(c *cli.Context) error { return match(c, con) },
	}
}

func match(c *cli.Context, con *console) error {
	if c.Args().Present() {
		return usagef("match reads standard input and takes no words (%q)", c.Args().First())
	}
	proto := matcher.Proto(request.TCP)
	switch c.String("proto") {
	case "tcp":
	case "udp":
		proto = request.UDP
	case "cert":
		proto = request.Cert
	default:
		return usagef("--proto is tcp, udp or cert, not %q", c.String("proto"))
	}
	db, err := loadDatabase(c, matcher.Options{Strict: c.Bool("strict")})
	if err != nil {
		return err
	}
	b, err := io.ReadAll(io.LimitReader(con.in, 1<<20))
	if err != nil {
		return err
	}
	var r matcher.Result
	if name := c.String("probe"); name != "" {
		p := probeNamed(db, &proto, name, c.IsSet("proto"))
		if p == nil {
			return usagef("there is no %s probe named %q; earshot signatures list --stats names them", proto, name)
		}
		r = db.Match(b, p)
	} else {
		r = matchUnasked(db, b, proto)
	}
	show := printResult
	if c.Bool("json") {
		show = printResultJSON
	}
	hits := []matcher.Result{r}
	if c.Bool("all") {
		hits = db.Hits(b, proto)
	} else if r.Kind != matcher.Hard && r.Kind != matcher.Soft {
		hits = nil
	}
	for i := range hits {
		if err := show(con.out, db, &hits[i]); err != nil {
			return err
		}
	}
	if len(hits) == 0 {
		return noMatch(con, &r)
	}
	return nil
}

// probeNamed finds a probe; NULL is of every transport, and unless the transport is given a
// name that only UDP has makes it that. It returns nil if there is none.
func probeNamed(db *matcher.DB, proto *matcher.Proto, name string, given bool) *matcher.Probe {
	if p := db.Probe(*proto, name); p != nil {
		return p
	}
	if name == matcher.NullProbe {
		return db.Null()
	}
	if given {
		return nil
	}
	p := db.Probe(request.UDP, name)
	if p != nil {
		*proto = request.UDP
	}
	return p
}

// matchUnasked matches bytes of which nobody says what they answer: as a greeting, and where
// that is not sure as an answer to any probe.
func matchUnasked(db *matcher.DB, b []byte, proto matcher.Proto) (r matcher.Result) {
	if proto == request.TCP {
		if r = db.Match(b, db.Null()); r.Kind == matcher.Hard {
			return r
		}
	}
	if o := db.MatchAny(b, proto); o.Kind > r.Kind || r.Kind == matcher.Timeout {
		return o
	}
	return r
}

func noMatch(con *console, r *matcher.Result) error {
	if r.Kind == matcher.Timeout {
		fmt.Fprintln(con.errw, "no match, but a line's budget ran out first")
	} else {
		fmt.Fprintln(con.errw, "no match")
	}
	return errNoMatch
}

// printResult shows a result, the line that made it, and every field that is set.
func printResult(w io.Writer, db *matcher.DB, r *matcher.Result) error {
	var b strings.Builder
	name := r.Service
	if r.Tunnel != "" {
		name = r.Tunnel + "/" + name
	}
	fmt.Fprintf(&b, "%s %s\n", printable(name), printable(r.VersionText()))
	fmt.Fprintf(&b, "  line      %s:%d, probe %s, %s\n", r.File, r.Line, r.Probe, r.Kind)
	for _, l := range db.Lines() {
		if l.Line == r.Line && l.File == r.File {
			fmt.Fprintf(&b, "            %s\n", printable(l.String()))
			break
		}
	}
	for _, f := range [...]struct{ name, value string }{
		{"product", r.Product},
		{"version", r.Version},
		{"info", r.Info},
		{"hostname", r.Hostname},
		{"os", r.OS},
		{"device", r.Device},
	} {
		if f.value != "" {
			fmt.Fprintf(&b, "  %-9s %s\n", f.name, printable(f.value))
		}
	}
	for _, c := range r.CPE {
		fmt.Fprintf(&b, "  cpe       %s\n", printable(c))
		if n, ok := matcher.CPE23(c); ok {
			fmt.Fprintf(&b, "            %s\n", printable(n))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printResultJSON shows a result as one line of JSON, with the names of the -oJ output.
func printResultJSON(w io.Writer, _ *matcher.DB, r *matcher.Result) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		Type      string   `json:"type"`
		Kind      string   `json:"kind"`
		Service   string   `json:"service"`
		Tunnel    string   `json:"tunnel,omitempty"`
		Product   string   `json:"product,omitempty"`
		Version   string   `json:"version,omitempty"`
		ExtraInfo string   `json:"extrainfo,omitempty"`
		Hostname  string   `json:"hostname,omitempty"`
		OS        string   `json:"os,omitempty"`
		Device    string   `json:"device,omitempty"`
		CPE       []string `json:"cpe,omitempty"`
		Probe     string   `json:"probe"`
		Signature string   `json:"signature"`
	}{
		"match", r.Kind.String(), r.Service, r.Tunnel, r.Product, r.Version, r.Info, r.Hostname, r.OS, r.Device, r.CPE,
		r.Probe, fmt.Sprintf("%s:%d", r.File, r.Line),
	})
}

// printable makes bytes from elsewhere safe for a terminal.
func printable(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= ' ' && c <= '~' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}
