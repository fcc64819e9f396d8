package main

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"earshot/capture"
	"earshot/cmd/earshot/confine"
	"earshot/data"
	"earshot/matcher"
	"earshot/state"
	"earshot/state/report"
)

func listenCommand(con *console) *cli.Command {
	flags := []cli.Flag{
		&cli.GenericFlag{Name: "read", Aliases: []string{"r"}, Value: new(words), Usage: "read the capture `FILE`, or every capture in a folder; - is standard input; may be repeated"},
		&cli.StringFlag{Name: "filter-file", Aliases: []string{"F"}, Usage: "read the filter from `FILE`"},
		&cli.BoolFlag{Name: "raw-filter", Usage: "take the filter as tcpdump does: without looking behind 802.1Q tags; so does one with the word vlan"},
		&cli.Uint64Flag{Name: "count", Aliases: []string{"c"}, Usage: "stop after `N` packets"},
		&cli.BoolFlag{Name: "as-given", Usage: "read the files one after the other, not merged by time"},
		&cli.StringSliceFlag{Name: "home", Usage: "only addresses in `CIDR` become hosts; may be repeated"},
	}
	flags = append(liveFlags(), flags...)
	flags = append(flags, databaseFlags()...)
	flags = append(flags, stateFlag())
	flags = append(flags, confineFlags()...)
	flags = append(flags, outputFlags(true)...)
	flags = append(flags, limitFlags()...)
	flags = append(
		flags,
		&cli.BoolFlag{Name: "n", Usage: "accepted: names are never resolved"},
	)
	return &cli.Command{
		Name:      "listen",
		Usage:     "name the services heard in captures or on interfaces; never sends a packet",
		ArgsUsage: "-r FILE… | -i IFACE… [flags] [BPF filter]",
		Flags:     flags,
		Description: `The filter is tcpdump's, and comes last: earshot listen -r day.pcap -oX day.xml tcp port 22

  earshot listen -i eth1 --state lab.db        until Ctrl-C; what is learned is on disk
  earshot listen -i eth1 -oJ -                 a line whenever something becomes known

SIGHUP reads the signatures and settings again, SIGUSR1 says what goes on; Ctrl-C and SIGTERM end
the listening to interfaces with exit status 0.

What comes in is hostile until it has been looked at. So once everything is open the
program becomes --user, gives up all capabilities, and confines itself by Landlock and
seccomp (Linux): it reads the captures and signatures named and writes the folder of
--state, opens no socket, sends nothing, starts no program. A report is opened as
--user, and captures that are opened later are, too. --no-confine leaves this out.

Times in reports are those of packets. Ctrl-C ends the reading and reports what
is known by then; SIGUSR1 says how far the reading is.

exit status: 0 done, 1 failed, 2 usage, 3 part of the input could not be read
(what could be is reported), 130 interrupted`,
		Action: func(c *cli.Context) error { return listen(c, con) },
	}
}

func listen(c *cli.Context, con *console) error {
	paths := *c.Generic("read").(*words)
	names := *c.Generic("interface").(*words)
	switch {
	case c.Bool("list-interfaces"):
		return listInterfaces(con)
	case len(names) > 0 && len(paths) > 0:
		return usagef("listen takes captures (-r) or interfaces (-i), not both")
	case c.Bool("check") && len(names) == 0:
		return usagef("--check goes with -i; a capture is just read")
	case len(names) > 0:
		return listenLive(c, con, names, nil)
	}
	if err := checkPaths(paths, c.Args().First()); err != nil {
		return err
	}
	return listenFiles(c, con, paths)
}

// checkPaths says what is wrong with the captures named; word is the first of the filter.
func checkPaths(paths []string, word string) error {
	if len(paths) == 0 {
		if _, err := os.Stat(word); word != "" && err == nil {
			return usagef("a capture is read with -r: earshot listen -r %s", word)
		}
		return usagef("listen needs -r FILE or -i IFACE; see earshot listen -h")
	}
	stdin := 0
	for _, name := range paths {
		if name == "-" {
			stdin++
		}
	}
	if stdin > 1 {
		return usagef("standard input can be read only once: -r - is given %d times", stdin)
	}
	return nil
}

// listenFiles hears captures and reports what is known then.
func listenFiles(c *cli.Context, con *console, paths []string) error {
	filter, err := packetFilter(c)
	if err != nil {
		return err
	}
	l := &fileListener{c: c, paths: paths, talk: newTalk(con, c)}
	if l.out, err = newOutput(c, con); err != nil {
		return err
	}
	if err := l.configure(); err != nil {
		return err
	}
	l.opts = capture.Options{
		Order: order(c.Bool("as-given")), Stdin: con.in, Filter: filter, Note: l.talk.note,
		Waits: func(r io.Reader) io.Reader { return &interruptible{ctx: c.Context, r: r} },
	}
	if l.files, err = capture.Open(paths, l.opts); err != nil {
		return nothingRead{err}
	}
	defer l.files.Close()
	if err := become(c); err != nil {
		return err
	}
	if err := l.out.prepare(l.files.Reads); err != nil {
		return err
	}
	defer l.out.abandon()
	disk, err := openState(c, con)
	if err != nil {
		return err
	}
	if err := l.confine(); err != nil {
		return err
	}
	if err := c.Context.Err(); err != nil {
		return err
	}
	known, err := l.hear(disk != nil)
	if err != nil && !errors.Is(err, capture.ErrPartial) && !errors.Is(err, context.Canceled) {
		return err
	}
	if werr := errors.Join(keep(disk, known), l.out.write(known)); werr != nil {
		return werr // that outweighs a part that could not be read
	}
	return err
}

// fileListener is one run of earshot listen -r.
type fileListener struct {
	c     *cli.Context
	paths []string
	talk  *talk
	out   *output
	opts  capture.Options
	conf  capture.Config
	cfg   state.Config
	files *capture.Files
}

// configure reads what is heard of the traffic, what is kept and what is shown.
func (l *fileListener) configure() (err error) {
	c := l.c
	l.cfg = state.Config{Origin: originOf(l.paths), Closed: l.out.opts.All}
	if l.cfg.Home, err = networks("home", c.StringSlice("home")); err != nil {
		return err
	}
	if l.conf, err = captureConfig(c); err != nil {
		return err
	}
	l.conf.Clients = c.String("state") != "" || c.String("html") != ""
	l.cfg.MaxServices = max(1, l.conf.MaxEndpoints/capture.Shards)
	db, err := loadDatabase(c, matcher.Options{})
	if err != nil {
		return err
	}
	l.cfg.Identify = state.Matching(db)
	l.out.opts.Names, err = portNames()
	return err
}

// confine gives up what reading captures does not need.
func (l *fileListener) confine() error {
	missing, err := enter(l.c, confine.Policy{Read: append(capturesIn(l.paths), l.paths...), Brief: true})
	if err != nil {
		return err
	}
	if l.talk.verbose {
		for _, m := range missing {
			l.talk.note(m)
		}
	}
	return nil
}

// hear listens to the captures: one by one where they are kept in a state that outlives
// them, else as one.
func (l *fileListener) hear(kept bool) (*state.Memory, error) {
	ctx, count := l.c.Context, l.c.Uint64("count")
	if each, several := oneByOne(l.paths, count > 0); kept && several {
		return hearEach(ctx, each, l.opts, l.conf, &l.cfg, l.talk)
	}
	src := capture.Source(l.files)
	if count > 0 {
		src = &limited{Source: l.files, left: count}
	}
	if slices.Contains(l.paths, "-") {
		src = &marked{Source: src, cfg: &l.cfg}
	}
	return hear(ctx, l.files, src, l.conf, &l.cfg, l.talk)
}

// hear listens to src, which reads files, and returns what is known then. The error is
// capture.Run's.
func hear(ctx context.Context, files *capture.Files, src capture.Source, conf capture.Config, cfg *state.Config, talk *talk) (*state.Memory, error) {
	recorders := []*state.Recorder{}
	stopProgress := talk.progress(files)
	stats, err := capture.Run(ctx, src, conf, func(int) capture.Sink {
		r := state.NewRecorder(cfg)
		recorders = append(recorders, r)
		return r
	})
	stopProgress()
	known, heard := state.Gather(recorders...)
	talk.summary(&stats, &heard)
	return known, err
}

// portNames reads the embedded table.
func portNames() (*state.PortNames, error) {
	return state.ReadPortNames(data.Services)
}

func order(asGiven bool) capture.Order {
	if asGiven {
		return capture.AsGiven
	}
	return capture.ByTime
}

// packetFilter makes the filter of the trailing words, or of the file -F names.
func packetFilter(c *cli.Context) (*capture.Filter, error) {
	for _, w := range c.Args().Slice() {
		if len(w) > 1 && w[0] == '-' {
			return nil, usagef("%s stands behind the filter %q: flags come first", w, c.Args().First())
		}
	}
	text := strings.Join(c.Args().Slice(), " ")
	if f := c.String("filter-file"); f != "" {
		if text != "" {
			return nil, usagef("a filter is given twice: by -F %s and as %q", f, text)
		}
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		if text = strings.TrimSpace(string(b)); text == "" {
			return nil, usagef("%s holds no filter", f)
		}
	}
	f, err := capture.NewFilter(text, c.Bool("raw-filter"))
	var bad *capture.FilterError
	if errors.As(err, &bad) {
		return nil, usagef("%v", bad)
	}
	return f, err
}

// networks reads a flag of networks, or single addresses.
func networks(flag string, words []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, w := range words {
		for _, w := range strings.Split(w, ",") {
			if a, err := netip.ParseAddr(w); err == nil {
				out = append(out, netip.PrefixFrom(a, a.BitLen()))
				continue
			}
			p, err := netip.ParsePrefix(w)
			if err != nil {
				return nil, usagef("--%s %s is neither a network such as 10.0.0.0/8 nor an address", flag, w)
			}
			out = append(out, p.Masked())
		}
	}
	return out, nil
}

// words are the values of a flag that may be repeated. cli.StringSlice puts those of
// a flag with two names through JSON, which not all names of files survive.
type words []string

// copied is what cli is given to set the flag's other name, which has the same value.
const copied = "\x00"

// Set implements flag.Value.
func (w *words) Set(s string) error {
	if s != copied {
		*w = append(*w, s)
	}
	return nil
}

// Get implements flag.Getter.
func (w *words) Get() any { return []string(*w) }

// String implements flag.Value: there is no default.
func (w *words) String() string { return "" }

// Serialize implements cli.Serializer.
func (w *words) Serialize() string { return copied }

// limited ends a source after a number of frames.
type limited struct {
	capture.Source
	left uint64
}

// Next implements capture.Source.
func (l *limited) Next(f *capture.Frame) error {
	if l.left == 0 {
		return io.EOF
	}
	l.left--
	return l.Source.Next(f)
}

// shape names the machine in fingerprints.
func shape() string { return runtime.GOOS + "-" + runtime.GOARCH }

// vendors names network cards.
func vendors(mac string) string { return state.Vendors(data.Vendors).Name(mac) }

// systems tells systems by their TCP and DHCP. The tables are tested: they can be read.
func systems() *state.Stacks {
	s, _ := state.ReadStacks(data.Stacks, data.DHCPLists)
	return s
}

// reportOptions are what a command's flags and this build say of a report.
func reportOptions(c *cli.Context) report.Options {
	v := verbosity(c)
	return report.Options{
		Version: version(), Args: strings.Join(os.Args, " "), Vendor: vendors, Shape: shape(), Systems: systems(),
		Reason: c.Bool("reason"), Verbose: v, All: v > 0 && !c.IsSet("open") || !c.Bool("open"),
	}
}

// verbosity counts -v and -vv.
func verbosity(c *cli.Context) int {
	n := c.Count("verbose")
	if c.Bool("vv") {
		n += 2
	}
	return n
}
