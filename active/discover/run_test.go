package discover

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"earshot/matcher/request"
)

const tftpRead = "\x00\x01earshot\x00octet\x00"

// On the loopback no privileges are needed: open, closed, and the bytes of UDP.
func TestRunLoopback(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	gone, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	u, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	go func() {
		buf := make([]byte, 100)
		for {
			n, from, err := u.ReadFrom(buf)
			if err != nil {
				return
			}
			if string(buf[:n]) == tftpRead { // answered from another port, RFC 1350 §4
				if other, err := net.ListenPacket("udp4", "127.0.0.1:0"); err == nil {
					_, _ = other.WriteTo([]byte("\x00\x05\x00\x01no\x00"), from)
					other.Close()
				}
				continue
			}
			_, _ = u.WriteTo(buf[:n], from)
		}
	}()
	open := netip.MustParseAddrPort(l.Addr().String()).Port()
	closed := netip.MustParseAddrPort(gone.Addr().String()).Port()
	echo := netip.MustParseAddrPort(u.LocalAddr().String()).Port()
	targets, err := ParseTargets(context.Background(), []string{"127.0.0.1"}, nil, TargetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[uint16]PortState{}
	var hosts []HostState
	err = Run(context.Background(), Config{
		Payloads: func(uint16) [][]byte { return [][]byte{[]byte("one")} },
		Host:     func(h HostState) { hosts = append(hosts, h) },
	}, targets, Ports{TCP: []uint16{open, closed}, UDP: []uint16{echo}}, func(p PortState) { got[p.Addr.Port()] = p })
	if err != nil {
		t.Fatal(err)
	}
	if len(hosts) != 1 || !hosts[0].Up || hosts[0].Reason != "localhost-response" {
		t.Errorf("hosts %+v", hosts)
	}
	for _, x := range []struct {
		port   uint16
		proto  request.Proto
		state  State
		reason string
	}{{open, request.TCP, Open, "syn-ack"}, {closed, request.TCP, Closed, "conn-refused"}, {echo, request.UDP, Open, "udp-response"}} {
		if p := got[x.port]; p.Proto != x.proto || p.State != x.state || p.Reason != x.reason || p.At.IsZero() || p.Tries != 1 {
			t.Errorf("port %d: %+v, want %v", x.port, p, x)
		}
	}
	none := func(netip.Addr, request.Proto, uint16) bool { return true }
	err = Run(context.Background(), Config{Skip: none}, targets, Ports{TCP: []uint16{open}}, func(p PortState) {
		t.Errorf("asked what was to be skipped: %+v", p)
	})
	if err != nil {
		t.Error(err)
	}
	if string(got[echo].Answer) != "one" {
		t.Errorf("answer %q", got[echo].Answer)
	}
	var tftp PortState
	err = Run(context.Background(), Config{
		Payloads: func(uint16) [][]byte { return [][]byte{[]byte(tftpRead)} },
	}, targets, Ports{UDP: []uint16{echo}}, func(p PortState) { tftp = p })
	if err != nil || tftp.State != Open || tftp.Reason != "udp-response" || string(tftp.Answer) != "\x00\x05\x00\x01no\x00" {
		t.Errorf("answered from another port: %+v, %v", tftp, err)
	}
}

// A port that answers the first of two payloads is not sent the second, and the answer is held against
// the payload that it is for; what answers the second alone is sent both.
func TestPayloadsOneByOne(t *testing.T) {
	for _, c := range []struct {
		answers, asked string
		timeout        time.Duration
	}{
		{"one", "one", 40 * time.Second}, // the second would go after ten seconds
		{"two", "two", 4 * time.Second},  // the second goes after one; where both are asked again before the answer is read, it is anybody's
	} {
		u, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan string, 100)
		go func() {
			defer close(got)
			buf := make([]byte, 100)
			for {
				n, from, err := u.ReadFrom(buf)
				if err != nil {
					return
				}
				got <- string(buf[:n])
				if string(buf[:n]) == c.answers {
					_, _ = u.WriteTo([]byte("yes"), from)
				}
			}
		}()
		targets, err := ParseTargets(context.Background(), []string{"127.0.0.1"}, nil, TargetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		timing := quick(t)
		timing.InitialTimeout, timing.MaxTimeout = c.timeout, c.timeout
		var p PortState
		err = Run(context.Background(), Config{
			Timing:   timing,
			Payloads: func(uint16) [][]byte { return [][]byte{[]byte("one"), []byte("two")} },
		}, targets, Ports{UDP: []uint16{uint16(u.LocalAddr().(*net.UDPAddr).Port)}}, func(s PortState) { p = s })
		u.Close()
		if err != nil || p.State != Open || string(p.Asked) != c.asked || string(p.Answer) != "yes" {
			t.Errorf("%+v, %v: want the answer to %q", p, err, c.asked)
		}
		for s := range got {
			if c.asked == "one" && s != "one" {
				t.Errorf("was sent %q, too", s)
			}
		}
	}
}

// fake is a carrier with a network of its own making.
type fake struct {
	answers chan<- answer
	asked   map[question]int
	reply   func(q question, try int) *answer // nil: nobody can be asked
	hosts   map[netip.Addr]int
}

func (f *fake) ask(p *peer, q question, try int, _ time.Duration) error {
	f.asked[q]++
	f.hosts[p.addr]++
	if f.reply == nil {
		return errors.New("no way to send")
	}
	if a := f.reply(q, try); a != nil {
		a.addr, a.q, a.try, a.at = p.addr, q, try, time.Now()
		f.answers <- *a
	}
	return nil
}

// rounds is a context that ends when it was looked at more often than any run here does: an
// engine that goes on without waiting would never end in time of its own.
type rounds struct {
	context.Context
	end  context.CancelFunc
	left int
}

func newRounds(ctx context.Context) *rounds {
	ctx, end := context.WithCancel(ctx)
	return &rounds{ctx, end, 1 << 18}
}

func (r *rounds) Done() <-chan struct{} {
	if r.left--; r.left == 0 {
		r.end()
	}
	return r.Context.Done()
}

// runFake asks a host of a network's own making, in its own time: what the engine waits for
// comes at once, and an hour of it is over in no time.
func runFake(t *testing.T, timing Timing, ports int, rt *Rate, reply func(q question, try int) *answer, set ...func(*engine)) (f *fake, done *host, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := &engine{timing: timing, rate: rt, answers: make(chan answer, answersAhead), group: newWindow(10, 300)}
		for _, f := range set {
			f(e)
		}
		f = &fake{answers: e.answers, asked: map[question]int{}, reply: reply, hosts: map[netip.Addr]int{}}
		qs := make([]question, ports)
		for i := range qs {
			qs[i] = question{askSYN, uint16(i + 1)}
		}
		ctx := newRounds(t.Context())
		defer ctx.end()
		e.known = func(*host, int, *answer) {}
		e.finish = func(h *host, _ bool) { done = h }
		h := &host{peer: &peer{addr: netip.MustParseAddr("192.0.2.1"), via: f}, plan: newPlan(qs)}
		h.rtt.sample(time.Millisecond)
		began := time.Now()
		err := e.run(ctx, func() *host {
			defer func() { h = nil }()
			return h
		})
		if err != nil {
			t.Fatal(err)
		}
		if done == nil || e.out != 0 || done.out != 0 {
			t.Fatalf("the engine ended with %d questions in flight", e.out)
		}
		took = time.Since(began)
	})
	if t.Failed() {
		t.FailNow()
	}
	return f, done, took
}

func quick(t *testing.T) Timing {
	t.Helper()
	timing, err := Template(3)
	if err != nil {
		t.Fatal(err)
	}
	timing.MinTimeout = 5 * time.Millisecond
	return timing
}

func TestEngineAsksOnceWhatAnswers(t *testing.T) {
	f, h, _ := runFake(t, quick(t), 1000, &Rate{}, func(question, int) *answer { return &answer{state: Closed} })
	for q, n := range f.asked {
		if n != 1 {
			t.Errorf("%v was asked %d times", q, n)
		}
	}
	if len(f.asked) != 1000 || h.win.size < 20 {
		t.Errorf("%d ports asked, window %.0f", len(f.asked), h.win.size)
	}
}

func TestEngineAsksSilenceTwice(t *testing.T) {
	f, h, _ := runFake(t, quick(t), 50, &Rate{}, func(question, int) *answer { return nil })
	for q, n := range f.asked {
		if n != 2 {
			t.Errorf("%v was asked %d times", q, n)
		}
	}
	for i, m := range h.marks {
		if !m.silent || m.state != 0 {
			t.Errorf("port %d: %+v", i+1, m)
		}
	}
}

// Ports that answer at the third time make the engine ask the silent ones four times:
// once more than the highest try that was answered.
func TestEngineAsksAgainAfterLoss(t *testing.T) {
	f, h, _ := runFake(t, quick(t), 20, &Rate{}, func(q question, try int) *answer {
		if q.port%5 == 0 && try >= int(q.port)/5-1 { // 5 at once, 10 at the second, …, 20 at the fourth
			return &answer{state: Open}
		}
		return nil
	})
	if h.best != 3 {
		t.Errorf("highest answered try %d, want 3", h.best)
	}
	for q, n := range f.asked {
		if want := 5; q.port%5 != 0 && n != want {
			t.Errorf("%v was asked %d times, want %d", q, n, want)
		}
	}
	if h.win.thresh >= 75 {
		t.Error("loss did not close the window")
	}
}

// bucket is a host's limit of ICMP messages: so many at once, and one each gap.
type bucket struct {
	gap    time.Duration
	most   float64
	saved  float64
	latest time.Time
}

func (b *bucket) take() bool {
	now := time.Now()
	switch {
	case b.latest.IsZero() && b.saved == 0:
		b.saved = b.most
	case !b.latest.IsZero():
		b.saved = min(b.saved+float64(now.Sub(b.latest))/float64(b.gap), b.most)
	}
	if b.latest = now; b.saved < 1 {
		return false
	}
	b.saved--
	return true
}

// icmpLimited is a host that limits its ICMP messages, and what finding its closed ports may take.
type icmpLimited struct {
	limit         interface{ take() bool }
	ports, silent int // silent: each one of so many
	packets       int // at most
	took          time.Duration
}

// scan finds the ports of such a host: all are closed but the silent ones, within the bounds.
func (c *icmpLimited) scan(t *testing.T, timing Timing, set func(*engine)) *host {
	t.Helper()
	isSilent := func(port uint16) bool { return c.silent > 0 && int(port)%c.silent == 0 }
	f, h, took := runFake(t, timing, c.ports, &Rate{}, func(q question, _ int) *answer {
		if isSilent(q.port) || !c.limit.take() {
			return nil
		}
		return &answer{state: Closed, reason: "port-unreach"}
	}, set)
	packets := 0
	for _, n := range f.asked {
		packets += n
	}
	if packets > c.packets || took > c.took {
		t.Errorf("%d packets in %v, want at most %d in %v", packets, took, c.packets, c.took)
	}
	for i, m := range h.marks {
		if want := isSilent(uint16(i + 1)); m.silent != want || (m.state == Closed) == want {
			t.Errorf("port %d: %+v", i+1, m)
		}
	}
	return h
}

// Of a host that sends few ICMP messages every closed port is found closed all the same, in not
// many more packets than ports and not much more time than the messages take, and what is
// silent without it is silent.
func TestEngineFindsLimits(t *testing.T) {
	for name, c := range map[string]struct {
		icmpLimited
		limited bool
	}{
		"Linux, ten times as fast": {icmpLimited{&bucket{gap: 100 * time.Millisecond, most: 6}, 60, 0, 100, 6 * time.Second}, true},
		"one each 30 ms":           {icmpLimited{&bucket{gap: 30 * time.Millisecond, most: 6}, 300, 0, 350, 9500 * time.Millisecond}, true},
		"50 at once, then few":     {icmpLimited{&bucket{gap: 30 * time.Millisecond, most: 50}, 300, 0, 400, 8 * time.Second}, true},
		"a third is filtered":      {icmpLimited{&bucket{gap: 20 * time.Millisecond, most: 6}, 150, 3, 300, 4 * time.Second}, true},
		"little saved up":          {icmpLimited{&bucket{gap: 50 * time.Millisecond, most: 1, saved: 0.1}, 15, 0, 45, 1600 * time.Millisecond}, true},
		"no limit, all filtered":   {icmpLimited{&bucket{gap: time.Nanosecond, most: 6}, 300, 1, 600, 500 * time.Millisecond}, false},
		"no limit, most filtered":  {icmpLimited{&bucket{gap: time.Nanosecond, most: 1e9}, 300, 2, 460, 100 * time.Millisecond}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := c.scan(t, quick(t), func(e *engine) { e.widest, e.timing.MinTimeout = 200*time.Millisecond, 20*time.Millisecond })
			if h.limits.limited != c.limited {
				t.Errorf("%+v", h.limits)
			}
		})
	}
}

// ticks is a limit of ICMP messages that all peers of a host share, as Linux has it: it gives out again
// no sooner than 20 ms after it last did (net/ipv4/icmp.c, icmp_global_allow).
type ticks struct {
	perSecond, most, saved int
	latest                 time.Time
}

func (l *ticks) take() bool {
	if now := time.Now(); l.saved <= 0 {
		since := min(now.Sub(l.latest), time.Second)
		if since < 20*time.Millisecond {
			return false
		}
		l.saved, l.latest = min(int(since*time.Duration(l.perSecond)/time.Second), l.most), now
	}
	l.saved--
	return true
}

// A limit that gives out again before a touchstone is asked is not seen by it. The questions are
// asked as fast as it bears all the same: what is lost until then does not make them slower than that.
func TestEngineBearsFastLimits(t *testing.T) {
	for name, c := range map[string]icmpLimited{
		"Linux, to everybody":         {&ticks{perSecond: 1000, most: 50}, 3939, 0, 4800, 7 * time.Second},
		"all ports":                   {&ticks{perSecond: 1000, most: 50}, 20000, 0, 22500, 26 * time.Second},
		"one each millisecond":        {&bucket{gap: time.Millisecond, most: 50}, 3939, 0, 4800, 7 * time.Second},
		"a fifth of that":             {&bucket{gap: 5 * time.Millisecond, most: 50}, 2000, 0, 3000, 14 * time.Second},
		"five times as much":          {&ticks{perSecond: 5000, most: 50}, 10000, 0, 11500, 10 * time.Second},
		"few ports":                   {&ticks{perSecond: 1000, most: 50}, 300, 0, 600, time.Second},
		"one port of fifty is silent": {&ticks{perSecond: 1000, most: 50}, 3939, 50, 5000, 9 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			timing, err := Template(3)
			if err != nil {
				t.Fatal(err)
			}
			c.scan(t, timing, func(e *engine) {
				e.widest, e.step, e.top, e.grace = 1100*time.Millisecond, 50*time.Millisecond, time.Second, time.Second
			})
		})
	}
}

// A host may take longer to answer than the longest gap between questions: the engine waits
// for its touchstone all the same.
func TestEngineWaitsForTouchstone(t *testing.T) {
	b := bucket{gap: 300 * time.Millisecond, most: 2}
	_, h, _ := runFake(t, quick(t), 40, &Rate{}, func(question, int) *answer {
		if !b.take() {
			return nil
		}
		return &answer{state: Closed, reason: "port-unreach"}
	}, func(e *engine) { e.widest, e.timing.MinTimeout = 200*time.Millisecond, 500*time.Millisecond })
	if !h.limits.limited || h.limits.touched < 2 {
		t.Errorf("%+v", h.limits)
	}
}

// A host that cannot be asked is left at once.
func TestEngineLeaves(t *testing.T) {
	f, h, took := runFake(t, quick(t), 20, &Rate{}, nil)
	if h.gone == nil || took != 0 || len(f.asked) != 1 {
		t.Errorf("%v after %v, %d questions", h.gone, took, len(f.asked))
	}
}

func TestEngineKeepsRates(t *testing.T) {
	_, _, took := runFake(t, quick(t), 100, &Rate{Most: 1000}, func(question, int) *answer { return &answer{state: Closed} })
	if took < 99*time.Millisecond || took > 100*time.Millisecond {
		t.Errorf("100 questions at 1000 a second took %v", took)
	}
	timing := quick(t)
	timing.Delay = 2 * time.Millisecond
	if _, _, took = runFake(t, timing, 50, &Rate{}, func(question, int) *answer { return &answer{state: Closed} }); took != 98*time.Millisecond {
		t.Errorf("50 questions 2 ms apart took %v", took)
	}
}

// An answer to what was not asked changes nothing.
func TestEngineForged(t *testing.T) {
	e := &engine{timing: quick(t), rate: &Rate{}, group: newWindow(10, 300), by: map[netip.Addr]*host{}}
	e.known = func(_ *host, i int, _ *answer) { t.Errorf("question %d was believed answered", i) }
	h := &host{peer: &peer{addr: netip.MustParseAddr("192.0.2.1")}, plan: newPlan([]question{{askSYN, 80}})}
	e.start(h, time.Now())
	for _, a := range []answer{
		{addr: h.addr, q: question{askSYN, 80}, state: Open},
		{addr: h.addr, q: question{askSYN, 81}, state: Open},
		{addr: netip.MustParseAddr("192.0.2.2"), q: question{askSYN, 80}, state: Open},
	} {
		e.take(&a)
	}
	if h.marks[0].state != 0 {
		t.Error("a port is known that was not asked")
	}
}
