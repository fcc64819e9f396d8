package main

import (
	"strings"
	"testing"
)

// What is wrong with a command line is said in one line, with the flags as they are typed.
func TestMisused(t *testing.T) {
	for line, want := range map[string]string{
		"lisen -r x":                              `there is no command "lisen" (did you mean listen?); see earshot -h`,
		"frobnicate":                              `there is no command "frobnicate"; see earshot -h`,
		"signatures lst":                          `there is no command "lst" below earshot signatures (did you mean list?); see earshot signatures -h`,
		"signatures list x":                       `signatures list takes no "x"; see earshot signatures list -h`,
		"listen -r x --wrkers 2":                  "there is no flag --wrkers (did you mean --workers?); see earshot listen -h",
		"listen -r x --whatever":                  "there is no flag --whatever; see earshot listen -h",
		"listen -r x -y":                          "there is no flag -y; see earshot listen -h",
		"listen -r":                               "-r needs a value; see earshot listen -h",
		"listen --read":                           "--read needs a value; see earshot listen -h",
		"listen -r x --workers two":               `--workers does not take "two"; see earshot listen -h`,
		"listen -r x --workers $name":             `--workers does not take "$name"; see earshot listen -h`,
		"listen -r x --open=perhaps":              `--open does not take "perhaps"; see earshot listen -h`,
		"report --state x --no-such-flag-$value1": "there is no flag --no-such-flag-$value1; see earshot report -h",
		"--versoin":                               "there is no flag --versoin (did you mean --version?); see earshot -h",
		"help frobnicate":                         `there is no command "frobnicate"; see earshot -h`,
	} {
		r := earshot(t, "", strings.Fields(line)...).want(t, 2)
		if r.errs != "earshot: "+want+"\n" || r.out != "" {
			t.Errorf("%s: %q", line, r.errs)
		}
	}
}

// help COMMAND is COMMAND -h.
func TestHelpWord(t *testing.T) {
	for words, same := range map[string]string{"help": "-h", "help listen": "listen -h", "help signatures list": "signatures list -h"} {
		got, want := earshot(t, "", strings.Fields(words)...).want(t, 0), earshot(t, "", strings.Fields(same)...).want(t, 0)
		if got.out != want.out || got.out == "" {
			t.Errorf("%s prints %q", words, got.out)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, x := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "ab", 2}, {"listen", "lisen", 1}, {"abc", "abd", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 2}} {
		if d, e := distance(x.a, x.b), distance(x.b, x.a); d != x.want || e != x.want {
			t.Errorf("%s, %s: %d and %d", x.a, x.b, d, e)
		}
	}
}
