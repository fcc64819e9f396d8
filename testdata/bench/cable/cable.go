//go:build linux

// Package cable joins two network namespaces by a cable, for the benchmarks that send
// what a listener is to hear. It needs root and iproute2.
package cable

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Lay makes two namespaces whose names begin with prefix: the listener's, where the
// cable ends in v1, and the sender's, where it ends in v0. cut takes both away, and may
// be called after an error, too.
func Lay(prefix string) (here, there string, cut func(), err error) {
	here, there = fmt.Sprintf("%s%da", prefix, os.Getpid()), fmt.Sprintf("%s%db", prefix, os.Getpid())
	cut = func() {
		for _, ns := range []string{here, there} {
			_ = exec.Command("ip", "netns", "del", ns).Run()
		}
	}
	for _, line := range []string{
		"netns add " + here, "netns add " + there,
		"-n " + there + " link add v0 type veth peer name v1 netns " + here,
		"-n " + there + " link set v0 up", "-n " + here + " link set v1 up",
	} {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			return here, there, cut, fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
	}
	return here, there, cut, nil
}
