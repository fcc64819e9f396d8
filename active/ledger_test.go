package active

import (
	"encoding/json"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"earshot/active/discover"
)

// connection is an entry of one that began an hour ago, elsewhere.
func connection(proto, why string) Entry {
	e := newEntry(netip.MustParseAddrPort("192.0.2.1:22"), proto, why)
	e.Time = time.Now().Add(-time.Hour).In(time.FixedZone("", 3600))
	e.Sent, e.Got, e.SentData, e.GotData = 3, 2, 10, 20
	return e
}

// What comes while the ledger holds its entries is written once when it is released, in the
// order of its coming, and what comes then at once.
func TestLedgerHolds(t *testing.T) {
	var out strings.Builder
	kept := 0
	l := &Ledger{W: &out, Keep: func(e *Entry) { kept++; e.Why += "!" }}
	l.Hold()
	e := connection("tcp", "first")
	l.add(&e, true, 0)
	e = connection("udp", "second")
	l.note(&e)
	if out.Len() > 0 || kept > 0 {
		t.Fatalf("while it holds them %d entries are kept, and written is %q", kept, out.String())
	}
	l.Release()
	e = connection("tcp", "third")
	l.add(&e, false, 0)
	l.Release()
	var whys []string
	for line := range strings.Lines(out.String()) {
		var e Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(line, `Z","host":"192.0.2.1","port":22,`) || e.Why != "second!" && e.Took < 3_600_000 {
			t.Errorf("an hour, in UTC: %s", line)
		}
		whys = append(whys, e.Why)
	}
	if got := strings.Join(whys, " "); got != "first! second! third!" || kept != 3 {
		t.Errorf("written %q, %d kept", got, kept)
	}
}

// The sums are those of what was added: connections are of TCP, and not frames of our own
// making; what is only noted is no packet.
func TestLedgerTotals(t *testing.T) {
	l := new(Ledger)
	for _, opened := range []bool{true, false, false} {
		e := connection("tcp", "connect")
		l.add(&e, opened, 0)
	}
	e := connection("tcp", "syn")
	e.Raw = true
	l.add(&e, true, 0)
	e = connection("udp", "ask")
	l.add(&e, true, 5)
	l.System(discover.Sent{At: time.Now(), Addr: netip.MustParseAddr("192.0.2.1"), Closing: discover.Closing{Sent: 1, Got: 1}, Why: "arp", Outcome: "answered"})
	e = connection("tcp", "left")
	l.note(&e)
	want := Totals{Connections: 3, Opened: 1, Datagrams: 5, Sent: 16, Got: 11, SentData: 50, GotData: 100}
	if got := l.Totals(); got != want {
		t.Errorf("%+v, not %+v", got, want)
	}
	var none *Ledger
	none.add(&e, true, 1) // who keeps no ledger asks all the same
	none.note(&e)
}

// What the system asked its neighbours is of frames, at the time that they went.
func TestLedgerSystem(t *testing.T) {
	var got Entry
	l := &Ledger{Keep: func(e *Entry) { got = *e }}
	when := time.Now().Add(-time.Hour)
	l.System(discover.Sent{At: when, Addr: netip.MustParseAddr("192.0.2.1"), Closing: discover.Closing{Sent: 2, Got: 1, Exact: true}, Why: "arp", Outcome: "answered"})
	want := Entry{Time: when.UTC(), Host: "192.0.2.1", Why: "arp", Outcome: "answered", Sent: 2, Got: 1, Exact: true, Raw: true, Took: got.Took}
	if !got.Time.Equal(want.Time) || got.Took < 3_600_000 {
		t.Errorf("at %v, %v ms ago", got.Time, got.Took)
	}
	if got.Time = want.Time; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, not %+v", got, want)
	}
}

// failing cannot be written to for the first time that it is tried.
type failing struct{ tries int }

var errWrite = errors.New("no room")

func (f *failing) Write(b []byte) (int, error) {
	if f.tries++; f.tries == 1 {
		return 0, errWrite
	}
	return len(b), nil
}

// The first error of writing is kept, and ends the writing: no line is missing between two.
func TestLedgerError(t *testing.T) {
	w := new(failing)
	kept := 0
	l := &Ledger{W: w, Keep: func(*Entry) { kept++ }}
	for range 3 {
		e := connection("tcp", "connect")
		l.add(&e, true, 0)
	}
	if !errors.Is(l.Err(), errWrite) || w.tries != 1 || kept != 3 {
		t.Errorf("%v, %d times written, %d kept", l.Err(), w.tries, kept)
	}
}
