package main

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v2"

	"earshot/capture"
	"earshot/matcher"
	"earshot/matcher/request"
	"earshot/state"
	"earshot/state/report"
	"earshot/state/sqlite"
)

// liveFlags say how interfaces are listened to.
func liveFlags() []cli.Flag {
	return []cli.Flag{
		&cli.GenericFlag{Name: "interface", Aliases: []string{"i"}, Value: new(words), Usage: "listen to the interface `IFACE` until Ctrl-C; may be repeated"},
		&cli.BoolFlag{Name: "list-interfaces", Aliases: []string{"D"}, Usage: "list the interfaces that can be listened to"},
		checkFlag(),
		&cli.BoolFlag{Name: "no-promiscuous", Aliases: []string{"p"}, Usage: "hear only what is meant for this machine"},
		&cli.IntFlag{Name: "snaplen", Aliases: []string{"s"}, Value: capture.MaxFrame, Usage: "look at `BYTES` of each frame"},
		&cli.StringFlag{Name: "metrics", Usage: "serve counters to Prometheus at `[ADDR]:PORT`, on loopback unless ADDR says otherwise"},
		&cli.StringFlag{Name: "capture", Value: "auto", Usage: "take frames by `HOW`: afpacket, Linux's ring of memory that both sides see; libpcap; or auto, the first where it can be had"},
		&cli.IntFlag{Name: "rings", Value: 1, Usage: "share each interface's connections among `N` rings (PACKET_FANOUT), for cards with several queues"},
		&cli.IntFlag{Name: "buffer-size", Aliases: []string{"B"}, Value: 16, Usage: "the kernel's buffer for each interface, in `MIB`"},
		&cli.StringFlag{Name: "changes", Usage: "append what changes to `FILE` as it happens, as JSON lines; - is standard output; -oJ - has them among its lines"},
		&cli.StringFlag{Name: "stale", Value: "24h", Usage: "a service to which nobody connects for `SPAN` has gone quiet"},
	}
}

// listInterfaces prints what -D asks for.
func listInterfaces(con *console) error {
	all, err := capture.Interfaces()
	if err != nil {
		return err
	}
	for i, x := range all {
		var what []string
		if x.Up {
			what = append(what, "up")
		}
		if x.Loopback {
			what = append(what, "loopback")
		}
		if x.Description != "" {
			what = append(what, printable(x.Description))
		}
		what = append(what, x.Addresses...)
		if _, err := fmt.Fprintf(con.out, "%d. %s (%s)\n", i+1, printable(x.Name), strings.Join(what, ", ")); err != nil {
			return err
		}
	}
	return nil
}

// flushEvery is how often what was learned is written to the state, and told: so often that no more
// than the last second is lost when the program is killed, the time of writing included.
const flushEvery = time.Second / 2

// sensor is a listener to interfaces at work.
type sensor struct {
	con       *console
	talk      *talk
	out       *output
	live      *capture.Live
	disk      *sqlite.DB // may be nil
	recorders []*state.Recorder
	keeper    keeper
	events    io.Writer       // where lines are written as things become known; may be nil
	told      map[told]uint64 // hash of what was told
	seed      maphash.Seed
	tracker   *state.Tracker // nil: nobody wants to know what changes
	changes   io.Writer      // where changes are written; may be nil
	begin     time.Time
	flushed   time.Time
	more      bool // the last flush left some
	most      int  // services that are remembered
	identify  atomic.Pointer[state.Identify]
	err       error
	failing   atomic.Bool // the state cannot be written
	asker     *asker      // nil: never sends a packet
	meters    *meters     // nil: nobody asks
}

// told is a service of which a line was written.
type told struct {
	addr  netip.Addr
	vlan  uint16
	vni   uint32
	port  uint16
	proto string
}

// listenLive listens to interfaces until it is told to stop.
func listenLive(c *cli.Context, con *console, names []string, asking func(*cli.Context, *sensor) (*asker, error)) error {
	from, err := liveConfig(c)
	if err != nil {
		return err
	}
	if c.Bool("check") {
		return checkLive(c, con, names, asking)
	}
	s := &sensor{con: con, talk: newTalk(con, c), told: map[told]uint64{}, seed: maphash.MakeSeed()}
	if from.Filter, err = packetFilter(c); err != nil {
		return err
	}
	from.Note = s.talk.note
	conf, cfg, err := s.configure(c, names)
	if err != nil {
		return err
	}
	if asking != nil {
		if s.asker, err = asking(c, s); err != nil {
			return err
		}
		conf.Skip = s.asker.own
	}
	if s.meters, err = openMeters(c.String("metrics")); err != nil {
		return err
	}
	defer s.meters.close()
	cfg.Identify = s.meters.timed(cfg.Identify)
	if s.live, err = capture.OpenLive(names, from); err != nil {
		return err
	}
	defer s.live.Close()
	if err := s.open(c); err != nil {
		return err
	}
	defer s.out.abandon()
	if s.meters != nil {
		s.talk.note("counters at http://" + s.meters.where() + "/metrics")
	}
	return s.run(c, conf, cfg, names)
}

// liveConfig reads how interfaces are listened to, but for the filter.
func liveConfig(c *cli.Context) (capture.LiveConfig, error) {
	method, ok := capture.MethodNamed(c.String("capture"))
	if !ok {
		return capture.LiveConfig{}, usagef("--capture is auto, afpacket or libpcap, not %s", c.String("capture"))
	}
	if n := c.Int("rings"); n < 1 || n > 64 {
		return capture.LiveConfig{}, usagef("--rings is a number from 1 to 64, not %d", n)
	}
	if n := c.Int("snaplen"); n < 64 || n > capture.MaxFrame {
		return capture.LiveConfig{}, usagef("-s is a number of bytes from 64 to %d, not %d", capture.MaxFrame, n)
	}
	if n := c.Int("buffer-size"); n < 1 || n > 2047 {
		return capture.LiveConfig{}, usagef("-B is a number of MiB from 1 to 2047, not %d", n)
	}
	return capture.LiveConfig{
		Method: method, Rings: c.Int("rings"), Snaplen: c.Int("snaplen"),
		NoPromiscuous: c.Bool("no-promiscuous"), Buffer: c.Int("buffer-size") << 20,
	}, nil
}

// configure reads what is heard of the traffic, what is kept and what is shown.
func (s *sensor) configure(c *cli.Context, names []string) (conf capture.Config, cfg *state.Config, err error) {
	cfg = &state.Config{Track: true, Identify: func(p capture.Proto, k request.Kind, req, data []byte, cut int) matcher.Result {
		return (*s.identify.Load())(p, k, req, data, cut)
	}}
	if cfg.Home, err = networks("home", c.StringSlice("home")); err != nil {
		return conf, nil, err
	}
	if s.out, err = newOutput(c, s.con); err != nil {
		return conf, nil, err
	}
	if len(names) == 1 {
		s.out.opts.Interface = names[0]
	}
	cfg.Closed = s.out.opts.All
	if conf, err = captureConfig(c); err != nil {
		return conf, nil, err
	}
	if !c.IsSet("max-endpoints") {
		conf.MaxEndpoints = liveEndpoints
	}
	s.most = conf.MaxEndpoints
	cfg.MaxServices = max(1, conf.MaxEndpoints/capture.Shards)
	conf.Clients = c.String("state") != "" || c.String("html") != ""
	cfg.Forget = c.String("state") != "" // there it is kept
	if err := s.load(c); err != nil {
		return conf, nil, err
	}
	if s.out.opts.Names, err = portNames(); err != nil {
		return conf, nil, err
	}
	return conf, cfg, s.track(c)
}

// open becomes the user who is to listen, opens as that user what is written, and gives up
// what is not needed from then on.
func (s *sensor) open(c *cli.Context) error {
	if err := become(c); err != nil {
		return err
	}
	if err := s.out.prepare(func(os.FileInfo) bool { return false }); err != nil {
		return err
	}
	s.events = s.out.stream(c.String("oJ"))
	err := s.openRest(c)
	if err != nil {
		s.out.abandon()
		if s.disk != nil {
			err = errors.Join(err, s.disk.Close())
		}
	}
	return err
}

// openRest opens what is written besides reports.
func (s *sensor) openRest(c *cli.Context) (err error) {
	if err := s.openChanges(c.String("changes")); err != nil {
		return err
	}
	if s.asker != nil {
		if err := s.asker.openLedger(c.String("ledger")); err != nil {
			return err
		}
	}
	if s.disk, err = openState(c, s.con); err != nil {
		return err
	}
	if err := s.recall(); err != nil {
		return err
	}
	return s.confine(c)
}

// load reads the signatures, and those that are used change with the next banner.
func (s *sensor) load(c *cli.Context) error {
	db, err := loadDatabase(c, matcher.Options{})
	if err != nil {
		return err
	}
	m := state.Matching(db)
	s.identify.Store(&m)
	return nil
}

func (s *sensor) run(c *cli.Context, conf capture.Config, cfg *state.Config, names []string) error {
	s.begin = time.Now()
	s.flushed = s.begin
	hup, stopHup := reloadSignal()
	defer stopHup()
	usr, stopUsr := progressSignal()
	defer stopUsr()
	conf.Tell = time.Minute
	if s.tracker != nil {
		conf.Tell = min(conf.Tell, s.tracker.Quiet/2)
	}
	s.talk.note(fmt.Sprintf("listening on %s by %v, %d MiB of kernel buffer each; Ctrl-C ends and reports", strings.Join(names, ", "), s.live.Method(), c.Int("buffer-size")))
	inForce := c
	conf.Idle = func(now func() capture.Stats) {
		select {
		case <-hup:
			inForce = s.reload(inForce)
		case <-usr:
			s.talk.say(s.status())
		default:
		}
		if time.Since(s.flushed) >= flushEvery || s.more && !s.keeper.busy() {
			s.flush()
			s.meters.take(s, now())
		}
	}
	src := capture.Source(s.live)
	if n := c.Uint64("count"); n > 0 {
		src = &limited{Source: s.live, left: n}
	}
	s.keeper.start(s.keep)
	stats, err := capture.Run(c.Context, src, conf, func(shard int) capture.Sink {
		r := state.NewRecorder(cfg)
		r.Own(fmt.Sprintf("live:%d#%d", s.begin.UnixNano(), shard))
		s.recorders = append(s.recorders, r)
		return r
	})
	if c.Context.Err() != nil && errors.Is(err, c.Context.Err()) {
		err = nil // that is how a sensor ends
	}
	s.keeper.stop()
	for s.more = true; s.more; {
		s.keep(s.fresh())
	}
	s.drops()
	known, heard := state.Gather(s.recorders...)
	s.talk.summary(&stats, &heard)
	if s.asker != nil {
		s.asker.end(known)
	}
	errs := []error{err, s.err, s.closeChanges()}
	if s.disk != nil {
		errs = append(errs, s.disk.Close())
	}
	return errors.Join(append(errs, s.out.write(known))...)
}

// learn tells what has become known and keeps it. It returns what has changed.
func (s *sensor) learn(m *state.Memory) []state.Change {
	s.meters.learn(m, s.out.opts.Names)
	if s.events != nil {
		o := s.out.opts
		o.Keep = s.tells
		if err := report.JSON(s.events, m, &o); err != nil && s.err == nil {
			s.err = err
		}
	}
	changes := s.changed(m)
	if s.disk == nil {
		return changes
	}
	if err := m.Replay(s.disk); err != nil {
		s.fail(err)
	}
	return changes
}

// fail notes that the state could not be written, and says so once. What was not written
// is held and tried again; Close says what is lost in the end.
func (s *sensor) fail(err error) {
	if !s.failing.Swap(true) {
		s.talk.say("earshot: " + legible(err.Error()) + "; listening goes on")
	}
}

// tells chooses the services of which something is known that was not told.
func (s *sensor) tells(h *state.Host, v *state.Service, b *state.Belief) bool {
	where := told{h.Addr, h.VLAN, h.VNI, v.Endpoint.Addr.Port(), v.Endpoint.Proto.String()}
	what := maphash.String(s.seed, strings.Join([]string{v.State(), b.Service, b.Tunnel, b.Product, b.Version, b.Info, b.Hostname, b.OS, b.Device, b.Method}, "\x00"))
	if s.told[where] == what {
		return false
	}
	if len(s.told) >= 2*s.most { // of what was forgotten lines are written again
		clear(s.told)
	}
	s.told[where] = what
	return true
}

// status is one line of what goes on.
func (s *sensor) status() string {
	services := 0
	for _, r := range s.recorders {
		services += r.Services()
	}
	frames, bytes, dropped := uint64(0), uint64(0), uint64(0)
	for _, x := range s.live.Stats() {
		frames, bytes, dropped = frames+x.Frames, bytes+x.Bytes, dropped+x.Dropped+x.IfDropped
	}
	return fmt.Sprintf("%d packets (%s) in %v, %d dropped, %d endpoints known", frames, size(float64(bytes)), time.Since(s.begin).Round(time.Second), dropped, services)
}

// drops says what was missed, as tcpdump does.
func (s *sensor) drops() {
	if s.talk.quiet {
		return
	}
	for _, x := range s.live.Stats() {
		s.talk.say(fmt.Sprintf("%s: %d packets, %d dropped by the kernel, %d by the interface", x.Interface, x.Frames, x.Dropped, x.IfDropped))
	}
}
