package main

import (
	"slices"
	"testing"
)

// Whoever listens has the limits: without the flags all of them would be read as 0.
func TestListenersHaveLimits(t *testing.T) {
	for _, c := range app(&console{}).Commands {
		if c.Name != "listen" && c.Name != "watch" {
			continue
		}
		var names []string
		for _, f := range c.Flags {
			names = append(names, f.Names()...)
		}
		for _, f := range limitFlags() {
			if !slices.Contains(names, f.Names()[0]) {
				t.Errorf("%s has no --%s", c.Name, f.Names()[0])
			}
		}
	}
}
