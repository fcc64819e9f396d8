package main

import (
	"github.com/urfave/cli/v2"

	"earshot/capture"
)

// limitFlags bound the work and the memory of listening.
func limitFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "workers", Usage: "share the work among `N` goroutines; the report is the same for any N (default 1: most of the time goes into reading)"},
		&cli.IntFlag{Name: "depth", Value: 8192, Usage: "`BYTES` kept of each side of an exchange, at most 65536"},
		&cli.IntFlag{Name: "max-turns", Value: 12, Usage: "exchanges looked at in one connection: at most `N`"},
		&cli.IntFlag{Name: "max-flows", Value: 4 << 20, Usage: "connections remembered: at most `N`, of which one server may take a 64th"},
		&cli.IntFlag{Name: "max-endpoints", Value: 1 << 19, Usage: "services remembered: at most `N` (with -i half as many, unless it is given)"},
		&cli.IntFlag{Name: "max-buffer", Value: 64, Usage: "bytes held of undecided connections: at most `MIB`, of which one server may take a 64th"},
	}
}

// liveEndpoints is how many services a listener to interfaces remembers: it has more to
// remember of each than who reads a capture, and is to run for months.
const liveEndpoints = 1 << 18

// captureConfig reads limitFlags.
func captureConfig(c *cli.Context) (capture.Config, error) {
	for _, name := range []string{"workers", "depth", "max-turns", "max-flows", "max-endpoints", "max-buffer"} {
		if v := c.Int(name); v < 0 || v == 0 && c.IsSet(name) {
			return capture.Config{}, usagef("--%s must be at least 1, not %d", name, v)
		}
	}
	if d := c.Int("depth"); d > 65536 {
		return capture.Config{}, usagef("--depth is at most 65536, not %d", d)
	}
	if m := c.Int("max-buffer"); m > 1<<30 {
		return capture.Config{}, usagef("--max-buffer is in MiB, at most %d, not %d", 1<<30, m)
	}
	return capture.Config{
		Workers: c.Int("workers"), Depth: c.Int("depth"), MaxTurns: c.Int("max-turns"), MaxFlows: c.Int("max-flows"),
		MaxEndpoints: c.Int("max-endpoints"), MaxBuffered: int64(c.Int("max-buffer")) << 20,
	}, nil
}
