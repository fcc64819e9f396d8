package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"earshot/matcher"
)

func fingerprintCommand(con *console) *cli.Command {
	return &cli.Command{
		Name:      "fingerprint",
		Usage:     "decode the SF-Port texts of services that nobody recognised",
		ArgsUsage: "[flags] [TEXT…]   (without TEXT: a report or texts on standard input)",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "draft", Usage: "draft a match line from each instead: a beginning, to be read and widened"},
			&cli.StringFlag{Name: "service", Usage: "the service `NAME` for the drafted line"},
		},
		Description: "exit status: 0 done, 1 a text cannot be read, or no line can be drafted, 2 usage",
		Action:      func(c *cli.Context) error { return fingerprint(c, con) },
	}
}

func fingerprint(c *cli.Context, con *console) error {
	if c.IsSet("service") && !c.Bool("draft") {
		return usagef("--service is for --draft")
	}
	text := strings.Join(c.Args().Slice(), "\n")
	if text == "" {
		b, err := io.ReadAll(io.LimitReader(con.in, 64<<20))
		if err != nil {
			return err
		}
		text = string(b)
	}
	// What could be read is shown before the error of what could not.
	prints, broken := matcher.ParseFingerprints(text)
	for i, f := range prints {
		if i > 0 {
			fmt.Fprintln(con.out)
		}
		show := showFingerprint
		if c.Bool("draft") {
			show = func(w io.Writer, f *matcher.Fingerprint) error { return draftLine(w, f, c.String("service")) }
		}
		if err := show(con.out, f); err != nil {
			return err
		}
	}
	return broken
}

// showFingerprint writes the replies of a fingerprint for people.
func showFingerprint(w io.Writer, f *matcher.Fingerprint) error {
	var b strings.Builder
	tls := ""
	if f.TLS {
		tls = ", inside TLS"
	}
	fmt.Fprintf(&b, "%d/%s%s: %s, first at %s, by version %s on %s\n", f.Port, f.Proto, tls, plural(len(f.Records), "reply", "replies"),
		time.Unix(f.Time, 0).UTC().Format("2006-01-02 15:04:05 UTC"), printable(f.Version), printable(f.Platform))
	for _, r := range f.Records {
		fmt.Fprintf(&b, "  %s, %d bytes", printable(r.Probe), r.Length)
		if len(r.Data) < r.Length {
			fmt.Fprintf(&b, ", of which %d are in the text", len(r.Data))
		}
		b.WriteString(":\n")
		readable(&b, r.Data)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// readable writes bytes as text if they are mostly that, else as a hex dump.
func readable(b *strings.Builder, data []byte) {
	odd := 0
	for _, c := range data {
		if (c < ' ' || c > '~') && c != '\r' && c != '\n' && c != '\t' {
			odd++
		}
	}
	if odd*4 > len(data) {
		for l := range strings.Lines(hex.Dump(data)) {
			b.WriteString("    " + l)
		}
		return
	}
	for l := range strings.Lines(string(data)) {
		end := ""
		if s, ok := strings.CutSuffix(l, "\n"); ok {
			if l = s; strings.HasSuffix(l, "\r") {
				l = strings.TrimSuffix(l, "\r")
			} else {
				end = `\n` // a bare LF is worth knowing
			}
		}
		b.WriteString("    " + printable(l) + end + "\n")
	}
}

// draftLine writes a proposal for a match line.
func draftLine(w io.Writer, f *matcher.Fingerprint, service string) error {
	d, err := f.Draft(service)
	if err != nil {
		return fmt.Errorf("%d/%s: %w", f.Port, f.Proto, err)
	}
	_, err = fmt.Fprintf(w, "# %d/%s, below Probe %s %s\n%s\n", f.Port, f.Proto, strings.ToUpper(f.Proto.String()), printable(d.Probe), printable(d.Line))
	return err
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
