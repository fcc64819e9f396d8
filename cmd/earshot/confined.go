package main

import (
	"path/filepath"

	"github.com/urfave/cli/v2"

	"earshot/cmd/earshot/confine"
	"earshot/matcher"
)

// confineFlags say what a listener keeps of what it may do.
func confineFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "user", Aliases: []string{"Z"}, Usage: "become `USER` when interfaces and captures are open, before a state or report is (default: stay; capabilities are given up in any case)"},
		&cli.BoolFlag{Name: "no-confine", Usage: "keep capabilities and leave out Landlock and seccomp"},
	}
}

// become changes to the user of --user.
func become(c *cli.Context) error {
	if u := c.String("user"); u != "" {
		return confine.Become(u)
	}
	return nil
}

// enter gives up what the command will not need: it keeps the state's folder, what it
// reads, and what is open. It returns a line for each thing that this kernel cannot do.
func enter(c *cli.Context, p confine.Policy) ([]string, error) {
	if c.Bool("no-confine") {
		return nil, nil
	}
	if name := c.String("state"); name != "" {
		p.Write = append(p.Write, filepath.Dir(name))
		if real, err := filepath.EvalSymlinks(name); err == nil {
			p.Write = append(p.Write, filepath.Dir(real))
		}
	}
	for _, name := range c.StringSlice("versiondb") { // SIGHUP reads them again, and an editor puts a new file in their place
		if name == "nmap" {
			name = matcher.FindNmap()
		}
		if name != "" {
			p.Read = append(p.Read, filepath.Dir(name))
		}
	}
	if name := c.String("config"); name != "" { // and so are the settings
		p.Read = append(p.Read, filepath.Dir(name))
	}
	return confine.Enter(p)
}

// confine confines a listener to interfaces. One that asks may open sockets.
func (s *sensor) confine(c *cli.Context) error {
	// What libpcap reads the interfaces' own counts of drops from.
	p := confine.Policy{Ask: s.asker != nil, Serve: s.meters != nil}
	if s.meters != nil {
		p.Read = append(p.Read, "/proc/self", "/proc/stat") // its own memory and files are among the counters
	}
	for _, x := range s.live.Stats() {
		if dir, err := filepath.EvalSymlinks(filepath.Join("/sys/class/net", x.Interface)); err == nil {
			p.Read = append(p.Read, filepath.Dir(dir))
		}
	}
	if s.asker != nil {
		p.Read = append(p.Read, "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/services")
	}
	missing, err := enter(c, p)
	for _, m := range missing {
		s.talk.note(m)
	}
	return err
}
