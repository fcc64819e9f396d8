package main

import (
	"io"
	"strings"
	"testing"
)

// What nmap's users type means what nmap takes it for.
func TestNmapWords(t *testing.T) {
	for _, c := range []struct{ typed, read string }{
		{"-p- h", "--p=- h"},
		{"-p22,80 h", "--p=22,80 h"},
		{"-p 22,80 h", "--p=22,80 h"},
		{"-p=22 h", "--p=22 h"},
		{"-pU:53,T:80 h", "--p=U:53,T:80 h"},
		{"h -p http*,ssh", "--p=http*,ssh h"},
		{"-T4 h", "--T=4 h"},
		{"-T 4 h", "--T=4 h"},
		{"-Taggressive h", "--T=aggressive h"},
		{"-sS h", "--sS h"},
		{"-sSU h", "--sS --sU h"},
		{"-sSUV h", "--sS --sU --sV h"},
		{"-sTV -n h", "--sT --sV --n h"},
		{"-nF h", "--n --F h"},
		{"-Fn h", "--F --n h"},
		{"-F6 h", "--F --6 h"},
		{"-vv h", "-v -v h"},
		{"-v3 h", "-v -v -v h"},
		{"-v0 h", "h"},
		{"-dd h", "-d -d h"},
		{"-vvv -d2 h", "-v -v -v -d -d h"},
		{"-Fv h", "--F -v h"},
		{"-Pn h", "--Pn h"},
		{"-PN h", "--Pn h"},
		{"-P0 h", "--Pn h"},
		{"-PS h", "--PS=80 h"},
		{"-PS22,80-90 h", "--PS=22,80-90 h"},
		{"-PA h -PU", "--PA=80 --PU=40125 h"},
		{"-PT443 h", "--PA=443 h"},
		{"-PE -PP -PM -PR h", "--PE --PP --PM --PR h"},
		{"-PI h", "--PE h"},
		{"-PB h", "--PE --PA=80 h"},
		{"-oX - h", "--oX=- h"},
		{"h -oA base", "--oA=base h"},
		{"-oN a -oG b h", "--oN=a --oG=b h"},
		{"-top-ports 10 h", "--top-ports=10 h"},
		{"--top-ports=10 h", "--top-ports=10 h"},
		{"--top 10 h", "--top-ports=10 h"},
		{"--max_rate 5 h", "--max-rate=5 h"},
		{"--max-rate 5 h", "--max-rate=5 h"},
		{"--open --reason h", "--open --reason h"},
		{"--open=false h", "--open=false h"},
		{"-iL list", "--iL=list"},
		{"-iL - --exclude a,b", "--iL=- --exclude=a,b"},
		{"-g53 -e eth0 -S 192.0.2.1 h", "--g=53 --e=eth0 --S=192.0.2.1 h"},
		{"-g 53 -eeth0 h", "--g=53 --e=eth0 h"},
		{"-O -A -sC h", "--O --A --sC h"},
		{"-O2 h", "--O h"},
		{"-6 fe80::1%eth0", "--6 fe80::1%eth0"},
		{"-p 22 10.0.0.1 -sV 10.0.0.2", "--p=22 --sV 10.0.0.1 10.0.0.2"},
		{"-p 22 -- -odd h", "--p=22 -- -odd h"},
		{"--nothing h", "--nothing h"},
		{"-h", "--h"},
		{"--version-light --version-intensity 3 h", "--version-light --version-intensity=3 h"},
	} {
		a := app(&console{in: strings.NewReader(""), out: io.Discard, errw: io.Discard})
		got, err := nmapWords(a, append([]string{"earshot", "probe"}, strings.Fields(c.typed)...))
		if err != nil {
			t.Errorf("%s: %v", c.typed, err)
			continue
		}
		if s := strings.Join(got[2:], " "); s != c.read {
			t.Errorf("%s: read as %s, want %s", c.typed, s, c.read)
		}
	}
	for _, typed := range []string{"-sN h", "-sQ h", "-PX h", "-Pn22 h", "-PY h", "-vx h", "-v99 h", "-Fk h", "-p", "h -oX", "-p22 h --exclude"} {
		a := app(&console{in: strings.NewReader(""), out: io.Discard, errw: io.Discard})
		if got, err := nmapWords(a, append([]string{"earshot", "probe"}, strings.Fields(typed)...)); err == nil {
			t.Errorf("%s: read as %q", typed, got[2:])
		}
	}
	for _, args := range [][]string{{"earshot"}, {"earshot", "listen", "-p-"}, {"earshot", "probe", "--generate-bash-completion"}} {
		a := app(&console{in: strings.NewReader(""), out: io.Discard, errw: io.Discard})
		if got, err := nmapWords(a, args); err != nil || len(got) != len(args) {
			t.Errorf("%q: %q, %v", args, got, err)
		}
	}
}

func FuzzNmapWords(f *testing.F) {
	for _, s := range []string{"-sSU -p- -T4 h", "-PS22 -vv -oX -", "--top 10 -- -x", "-v9 -dd -O"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a := app(&console{in: strings.NewReader(""), out: io.Discard, errw: io.Discard})
		if _, err := nmapWords(a, append([]string{"earshot", "probe"}, strings.Fields(s)...)); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
