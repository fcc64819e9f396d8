package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The manual page and the completions come from the command tree and are what their
// readers can read.
func TestManual(t *testing.T) {
	man := earshot(t, "", "manual", "man").want(t, 0).out
	for _, w := range []string{".TH earshot 1", ".SH NAME", "listen", "watch", `\-\-unidentified`, "CIDR", ".SS earshot report", ".SH EXIT STATUS", ".SH ENVIRONMENT", ".SH FILES", "packets_sent"} {
		if !strings.Contains(man, w) && !strings.Contains(man, strings.ReplaceAll(w, `\-`, "-")) {
			t.Errorf("the manual page has no %q", w)
		}
	}
	if p, err := exec.LookPath("man"); err == nil {
		cmd := exec.Command(p, "--warnings", "-l", "-")
		cmd.Stdin = strings.NewReader(man)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("man: %v: %.500s", err, out)
		}
	}
	if r := earshot(t, "", "manual", "tcsh"); r.code != 2 {
		t.Errorf("%+v", r)
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	script := earshot(t, "", "manual", "bash").want(t, 0).out
	for _, c := range []struct{ words, want string }{{"rep", "report"}, {"report --unid", "--unidentified"}, {"signatures che", "check"}} {
		w := strings.Fields(c.words)
		cmd := exec.Command(bash, "-c", script+`COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _earshot; echo "${COMPREPLY[@]}"`, "bash", filepath.Clean(binary))
		cmd.Args = append(cmd.Args, w...)
		if out, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != c.want {
			t.Errorf("%s: %v %q, want %q", c.words, err, out, c.want)
		}
	}
}
