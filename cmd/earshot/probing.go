package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"earshot/active"
	"earshot/active/discover"
	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
	"earshot/state/report"
	"earshot/state/sqlite"
)

// probing is one run of earshot probe.
type probing struct {
	c       *cli.Context
	con     *console
	talk    *talk
	cfg     *active.Config
	out     *output
	names   *active.Names  // looks up the targets
	frames  later          // what -w writes
	files   *capture.Files // heard first; nil for none
	known   *state.Memory
	begin   time.Time
	disk    *sqlite.DB // may be nil
	partial error      // a part of the captures could not be read
	opened  []io.Closer
}

func probe(c *cli.Context, con *console) error {
	p := &probing{c: c, con: con, known: new(state.Memory), begin: time.Now()}
	defer p.close()
	if err := p.configure(); err != nil {
		return err
	}
	if c.Bool("sL") {
		return list(c.Context, con, p.cfg)
	}
	if err := p.listen(); err != nil {
		return err
	}
	defer p.out.abandon()
	if err := p.recall(); err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return dryRun(c, con, p.cfg, p.talk)
	}
	if err := p.openJournals(); err != nil {
		return err
	}
	p.noteUnroutable()
	ctx, stop := context.WithCancel(c.Context)
	defer stop()
	err := ask(ctx, stop, c, p.cfg, p.talk)
	if errors.As(err, new(usageError)) {
		return err
	}
	return p.end(err)
}

func (p *probing) close() {
	for _, f := range p.opened {
		_ = f.Close()
	}
}

// configure reads the flags and the targets.
func (p *probing) configure() (err error) {
	c := p.c
	if err := stateOfResume(c); err != nil {
		return err
	}
	if p.cfg, err = probeConfig(c); err != nil {
		return err
	}
	if p.out, err = newOutput(c, p.con); err != nil {
		return err
	}
	cfg, opts := p.cfg, &p.out.opts
	opts.Asked, opts.Intensity, opts.HostsOnly = true, cfg.Intensity, c.Bool("sn")
	if cfg.Names, cfg.Programs, err = tables(c); err != nil {
		return err
	}
	opts.Names = cfg.Names
	opts.Spared = func(s *state.Service) string {
		return cfg.Spared(active.Port{Proto: s.Endpoint.Proto, Port: s.Endpoint.Addr.Port()})
	}
	if cfg.DB, err = loadDatabase(c, matcher.Options{Strict: cfg.Strategy == active.Classic}); err != nil {
		return err
	}
	p.talk = newTalk(p.con, c)
	for _, f := range []string{"A", "O", "sC"} {
		if c.Bool(f) {
			p.talk.note("-" + f + ": there are no scripts, no traceroute and no packets to find the system; it is told from what services say")
			break
		}
	}
	if c.Bool("version-trace") {
		cfg.Trace = func(line string) { p.talk.say(printable(line)) }
	}
	if cfg.Ports, err = ports(c, cfg, p.talk); err != nil {
		return err
	}
	if cfg.Reverse, err = reverse(c); err != nil {
		return err
	}
	cfg.Ledger = new(active.Ledger)
	cfg.Ledger.Hold()
	if err := hearOurselves(c, cfg, &p.frames, p.talk); err != nil {
		return err
	}
	if p.names, err = resolver(c, cfg.Ledger, cfg.Tap); err != nil {
		return err
	}
	cfg.Scope, err = targets(c, p.con, p.names, p.talk)
	return err
}

// stateOfResume makes the file of --resume the state.
func stateOfResume(c *cli.Context) error {
	f := c.String("resume")
	if f == "" {
		return nil
	}
	if s := c.String("state"); s != "" && s != f && s != os.Getenv("EARSHOT_STATE") {
		return usagef("--resume %s goes on with that state, not with --state %s", f, s)
	}
	return c.Set("state", f)
}

// listen opens what is written, so that it is no capture that is read, and hears the
// captures.
func (p *probing) listen() error {
	paths := p.c.StringSlice("read")
	reads := func(os.FileInfo) bool { return false }
	if len(paths) > 0 {
		files, err := capture.Open(paths, capture.Options{Stdin: &interruptible{ctx: p.c.Context, r: p.con.in}, Note: p.talk.note})
		if err != nil {
			return tidy(err)
		}
		p.opened = append(p.opened, files)
		p.files, reads = files, files.Reads
	}
	if err := p.out.prepare(reads); err != nil || p.files == nil {
		return err
	}
	p.known, p.partial = listenFirst(p.c.Context, paths, p.files, p.cfg, p.talk)
	if p.partial != nil && !errors.Is(p.partial, capture.ErrPartial) {
		p.out.abandon()
		return tidy(p.partial)
	}
	return nil
}

// recall takes from the state what is known of the targets, and what they were asked.
func (p *probing) recall() (err error) {
	cfg := p.cfg
	if p.disk, err = openState(p.c, p.con); err != nil {
		return err
	}
	if p.disk != nil {
		if err := p.disk.Recall(p.known, cfg.Scope.Contains); err != nil {
			return err
		}
		if !p.c.Bool("recheck") {
			if cfg.Asked, err = askedBefore(p.disk, cfg.Scope.Contains); err != nil {
				return err
			}
		}
	}
	cfg.Store, cfg.Origin = alsoOn(p.known, p.disk), fmt.Sprintf("probe:%d", time.Now().UnixNano())
	return nil
}

// openJournals opens the accounts of what is sent, and lets go what was held for them.
func (p *probing) openJournals() error {
	cfg := p.cfg
	if p.disk != nil {
		cfg.Ledger.Keep = func(e *active.Entry) { keepEntry(p.disk, e) }
	}
	if path := p.c.String("ledger"); path != "" {
		f, err := journal(p.c, path)
		if err != nil {
			return err
		}
		p.opened = append(p.opened, f)
		cfg.Ledger.W = f
	}
	if path := p.c.String("w"); path != "" {
		f, err := journal(p.c, path)
		if err != nil {
			return err
		}
		p.opened = append(p.opened, f)
		if err := p.frames.to(f); err != nil {
			return fmt.Errorf("-w: %w", tidy(err))
		}
	}
	cfg.Ledger.Release()
	return nil
}

// noteUnroutable says which targets cannot be reached.
func (p *probing) noteUnroutable() {
	switch lost := discover.Unroutable(p.cfg.Scope, 256); len(lost) {
	case 0:
	case 1:
		p.talk.note(fmt.Sprintf("there is no route to %s", lost[0]))
	default:
		p.talk.note(fmt.Sprintf("there is no route to %s and %d other targets", lost[0], len(lost)-1))
	}
}

// end accounts for the asking, which came out as err, and reports. What could not be written
// outweighs the rest.
func (p *probing) end(err error) error {
	_, werr := p.cfg.Tap.Close()
	if werr != nil {
		werr = fmt.Errorf("-w: %w", tidy(werr))
	}
	if !p.talk.quiet {
		t := p.cfg.Ledger.Totals()
		p.talk.say(fmt.Sprintf("sent about %d packets (%d bytes of questions): %d connections, %d of them opened, %d datagrams; got about %d (%d bytes of answers)%s",
			t.Sent, t.SentData, t.Connections, t.Opened, t.Datagrams, t.Got, t.GotData, uncounted(p.cfg, p.names)))
	}
	p.noteSpared()
	p.out.opts.Run = &report.Run{Begin: p.begin, End: time.Now(), Targets: howMany(p.cfg.Scope), Interrupted: errors.Is(err, context.Canceled)}
	if kerr := errors.Join(keep(p.disk, p.known), p.out.write(p.known)); kerr != nil {
		if err != nil && !errors.Is(err, context.Canceled) {
			p.talk.say("earshot: " + tidy(err).Error())
		}
		return kerr
	}
	switch {
	case err != nil:
		return tidy(err)
	case werr != nil:
		return werr
	}
	return p.partial
}

// howMany counts targets, a million and more without looking at each.
func howMany(t *discover.Targets) int {
	n := t.Size()
	if n <= 1<<20 {
		n = 0
		for range t.All() {
			n++
		}
	}
	return int(n)
}

// noteSpared says which ports nothing was said to, why, and how they are asked.
func (p *probing) noteSpared() {
	var tcp []string
	_ = p.known.Hosts(func(h *state.Host) error { // memory does not fail
		beliefs := h.Beliefs(nil)
		for i := range h.Services {
			s := &h.Services[i]
			if s.Endpoint.Proto == request.TCP && s.State() == "open" && beliefs[i].By == nil && p.cfg.Scope.Contains(h.Addr) && p.out.opts.Spared(s) != "" {
				tcp = append(tcp, fmt.Sprintf("%s/tcp (%s)", s.Endpoint.Addr, p.out.opts.Spared(s)))
			}
		}
		return nil
	})
	if len(tcp) > 0 {
		p.talk.note(fmt.Sprintf("%s: open, and only listened to; --allports asks what it is", few(tcp)))
	}
	var udp []string
	why := ""
	for _, x := range p.cfg.Ports {
		if w := p.cfg.Spared(x); w != "" && x.Proto == request.UDP {
			udp, why = append(udp, fmt.Sprint(x.Port)), w
		}
	}
	if len(udp) > 0 {
		p.talk.note(fmt.Sprintf("UDP %s: left alone, for nothing is learned of them without speaking to them (%s); --allports asks them", few(udp), why))
	}
}

// few lists some of the words, and how many more there are.
func few(words []string) string {
	const most = 4
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
}
