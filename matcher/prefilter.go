package matcher

import (
	"cmp"
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"earshot/matcher/pcre"
)

// A prefilter says which lines of a database a banner can match at all, in one
// pass over the banner. It knows nothing but necessary conditions, so it loses
// no match; what it lets through is confirmed by the regular expression.
//
//	banner ─► every second 4-gram, letters folded ─► bitmap ─► grams ─► keys ─► literal
//	                                                                              │ stands there
//	          other literals ◄─ head under mask ◄─ length ◄─ list asked for ◄─ lines
//	               │
//	               ▼
//	          candidates, in the order of the lists and of the file
//
// A line is filed under one text that its pattern shows (pcre.Skimmer), the one whose
// rarest window of five bytes is rarest. A window holds two grams, one of
// which stands at an even place of the banner, so that looking at every second
// gram is enough. Lines without such a text are filed under a choice of texts, or the first
// bytes they can begin with. What else a line requires is found when a banner first reaches
// it: most lines are never reached, and their patterns never parsed.
//
// One prefilter serves every chain of lists of a transport: a query says which lists it wants
// and in what order. But for what it learns of lines that are reached, it is immutable.
type prefilter struct {
	bitmap [1 << gramBits / 64]uint64 // bit gramHash(g): some key has gram g
	grams  []gramSlot                 // open addressing
	keys   []gramKey                  // grouped by gram
	lits   []*literal                 // that lines are filed under, by id
	posts  []uint32
	lines  []siftLine
	first  [257]span // in posts: lines without a key by first byte; 256: any, or no byte
	pool   sync.Pool // of *sieve

	mu     sync.Mutex // of what follows
	rules  []*Line    // by line
	finder pcre.Finder
	byText map[text]*literal
	common [256]uint32 // by byte: how common it is
}

const (
	gramBits  = 19 // the bitmap of 64 KB stays in a core's own cache
	gramLen   = 4
	windowLen = gramLen + 1
	gramFold  = 0x20202020
	maxOthers = 6 // factors checked of a line behind its key
)

type (
	span     struct{ from, to uint32 }
	gramSlot struct{ gram, from, to uint32 } // keys[from:to]; empty if from == to
	gramKey  struct {
		lit  uint32
		at   uint8 // place of the gram in the literal
		size uint8 // of the literal
		rare uint8 // place of the literal's byte that is heard least often
		fold uint8 // that byte | 0x20
	}
	text struct {
		bytes string
		fold  bool // they are in lower case, and ASCII letters match either case
	}
	literal struct {
		id    uint32
		bytes []byte
		fold  bool
		rare  uint8 // place of the byte least often heard
		posts span  // in posts: the lines filed under it
	}
	headWord struct{ mask, value uint64 }
	siftLine struct {
		list, place uint32                    // place in the list
		needs       atomic.Pointer[lineNeeds] // nil: not known yet
	}
)

// lineNeeds is what a line requires besides its key. It never changes.
type lineNeeds struct {
	min, max uint32 // length of the banner; min > max: nothing matches
	words    int    // in head
	head     [pcre.PrefixLen / 8]headWord
	others   [][]*literal // one of each stands in the banner
}

// gramHash spreads a folded gram over the bitmap.
func gramHash(g uint32) uint32 { return g * 0x9e3779b1 >> (32 - gramBits) }

func gramAt(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) | gramFold }

// gramOf is gramAt of a string.
func gramOf(s string, i int) uint32 {
	s = s[i : i+gramLen]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24 | gramFold
}

// newPrefilter files some of a database's lines: those of one list after the other, as they
// stand in it.
func newPrefilter(all []*Line, ids []int32) *prefilter {
	p := &prefilter{lines: make([]siftLine, len(all)), rules: all, byText: make(map[text]*literal, len(ids))}
	p.pool.New = func() any { return newSieve(p) }
	quarries := quarryAll(all, ids)
	freq := newCounts()
	for _, q := range quarries {
		for _, t := range q.texts {
			freq.add(t.bytes, 1)
		}
	}
	p.common = freq.bytes
	b := &filer{p: p, freq: freq}
	var list, place uint32
	for _, q := range quarries {
		for i := range q.lines {
			l := &q.lines[i]
			if probe := uint32(all[l.line].Probe.id); i == 0 && q == quarries[0] || probe != list {
				list, place = probe, 0
			}
			b.file(q, l, list, place)
			place++
		}
	}
	b.finish()
	return p
}

// learn finds out what a line requires besides its key.
func (p *prefilter) learn(line uint32) *lineNeeds {
	p.mu.Lock()
	defer p.mu.Unlock()
	to := &p.lines[line].needs
	if n := to.Load(); n != nil {
		return n // another goroutine did
	}
	n := &lineNeeds{min: 1} // of a bad pattern: nothing is so long
	if f, err := p.finder.FindIn(p.rules[line].Pattern, p.rules[line].Flags); err == nil {
		n.fill(f)
		n.others = p.others(f.Factors)
	}
	to.Store(n)
	return n
}

// fill notes length and head.
func (n *lineNeeds) fill(f *pcre.Facts) {
	n.min, n.max = uint32(f.Min), math.MaxUint32
	if f.Max >= 0 {
		n.max = uint32(f.Max)
	}
	var mask, value [pcre.PrefixLen]byte
	copy(mask[:f.Prefix], f.Mask[:])
	copy(value[:f.Prefix], f.Value[:])
	for i := range n.head {
		n.head[i] = headWord{binary.LittleEndian.Uint64(mask[8*i:]), binary.LittleEndian.Uint64(value[8*i:])}
		if n.head[i].mask != 0 {
			n.words = i + 1
		}
	}
}

// others returns the factors worth looking for, the longest first.
func (p *prefilter) others(factors []pcre.Factor) [][]*literal {
	slices.SortStableFunc(factors, func(a, b pcre.Factor) int { return cmp.Compare(b.Shortest(), a.Shortest()) })
	var others [][]*literal
	for i := range factors {
		f := &factors[i]
		if f.Head || f.Shortest() < 3 || len(others) == maxOthers {
			continue
		}
		choice := make([]*literal, len(f.Literals))
		for k, t := range f.Literals {
			choice[k] = p.literal(t.Text, t.Fold)
		}
		others = append(others, choice)
	}
	return others
}

// literal returns the literal of a text, which is the same for all lines that have it.
func (p *prefilter) literal(b []byte, fold bool) *literal {
	if l := p.byText[text{string(b), fold}]; l != nil {
		return l
	}
	return p.addLiteral(text{string(b), fold})
}

func (p *prefilter) addLiteral(t text) *literal {
	l := &literal{id: uint32(len(p.byText)), bytes: []byte(t.bytes), fold: t.fold, rare: rarest(&p.common, t.bytes)}
	p.byText[t] = l
	return l
}

// quarryAll skims the patterns of lines, in their order.
func quarryAll(all []*Line, ids []int32) []*quarry {
	const least = 512 // lines worth a goroutine
	n := len(ids)
	speech := newCounts()
	quarries := make([]*quarry, max(1, min(runtime.GOMAXPROCS(0), n/least)))
	var wg sync.WaitGroup
	for i := range quarries {
		part := ids[n*i/len(quarries) : n*(i+1)/len(quarries)]
		wg.Go(func() { quarries[i] = newQuarry(all, part, speech) })
	}
	wg.Wait()
	return quarries
}

// quarry holds what some lines can be filed under, in few pieces of memory.
type quarry struct {
	lines   []quarryLine
	factors []span // in texts: a banner that matches has one of each choice
	texts   []text
}

// quarryLine is what a line can be filed under: one of its factors, or without any the first
// bytes of a banner.
type quarryLine struct {
	line    uint32
	factors span
	first   pcre.Set
}

// hunter fills a quarry.
type hunter struct {
	quarry
	skimmer pcre.Skimmer
	finder  pcre.Finder
	speech  *counts
	all     []byte   // the texts, one behind the other
	ends    []uint32 // of each of them in all
}

func newQuarry(all []*Line, ids []int32, speech *counts) *quarry {
	n := len(ids)
	h := hunter{speech: speech, skimmer: pcre.Skimmer{Least: windowLen}, all: make([]byte, 0, 48*n), ends: make([]uint32, 0, 3*n)}
	h.lines, h.factors, h.texts = make([]quarryLine, 0, n), make([]span, 0, 3*n), make([]text, 0, 3*n)
	for _, id := range ids {
		h.line(uint32(id), all[id].Rule)
	}
	kept, from := string(h.all), uint32(0)
	for i, end := range h.ends {
		h.texts[i].bytes = kept[from:end]
		from = end
	}
	return &h.quarry
}

// line adds a line: by texts that its pattern shows, if not all of them are what most servers
// say, else by the byte it begins with, else by what its tree tells.
func (h *hunter) line(id uint32, r *Rule) {
	l := quarryLine{line: id, factors: span{from: uint32(len(h.factors))}}
	switch s := h.skimmer.Skim(r.Pattern, r.Flags); {
	case s != nil && h.telling(s.Texts):
		for i := range s.Texts {
			h.factor(s.Texts[i : i+1])
		}
	case s != nil && len(s.Texts) == 0 && s.First >= 0:
		l.first.Add(byte(s.First))
	default:
		f, err := h.finder.FindIn(r.Pattern, r.Flags)
		if err != nil {
			break // it matches nothing
		}
		for i := range f.Factors {
			if f.Factors[i].Shortest() >= windowLen {
				h.factor(f.Factors[i].Literals)
			}
		}
		l.first = f.First
	}
	l.factors.to = uint32(len(h.factors))
	h.lines = append(h.lines, l)
}

// telling reports whether one of the texts has a window that is not in common speech. A line
// that is filed under common speech is a candidate of every page.
func (h *hunter) telling(texts []pcre.Literal) bool {
	return slices.ContainsFunc(texts, func(t pcre.Literal) bool {
		_, cost := h.speech.window(string(t.Text))
		return cost == 0
	})
}

func (h *hunter) factor(literals []pcre.Literal) {
	from := uint32(len(h.ends))
	for _, l := range literals {
		h.all = append(h.all, l.Text...)
		h.texts = append(h.texts, text{fold: l.Fold}) // its bytes come at the end
		h.ends = append(h.ends, uint32(len(h.all)))
	}
	h.factors = append(h.factors, span{from, uint32(len(h.ends))})
}

// counts says how common bytes and grams are: in the literals of the database,
// and in what servers say.
type counts struct {
	bytes [256]uint32
	grams []uint32 // by countHash
}

const countBits = 16

func countHash(g uint32) uint32 { return g * 0x9e3779b1 >> (32 - countBits) }

func newCounts() *counts {
	const weight = 48 // of an occurrence in speech over one in the database
	c := &counts{grams: make([]uint32, 1<<countBits)}
	c.add(commonSpeech, weight)
	return c
}

func (c *counts) add(t string, weight uint32) {
	for i := range len(t) {
		c.bytes[t[i]] += weight
	}
	for i := 0; i+gramLen <= len(t); i++ {
		c.grams[countHash(gramOf(t, i))] += weight
	}
}

// rarest returns the place of the rarest byte of t.
func rarest(common *[256]uint32, t string) uint8 {
	best := 0
	for i := range len(t) {
		if common[t[i]] < common[t[best]] {
			best = i
		}
	}
	return uint8(best)
}

// window returns the place of the rarest window of t and how common it is.
func (c *counts) window(t string) (at int, cost uint32) {
	cost = math.MaxUint32
	before := c.grams[countHash(gramOf(t, 0))]
	for i := 0; i+windowLen <= len(t); i++ {
		n := c.grams[countHash(gramOf(t, i+1))]
		if before+n < cost {
			at, cost = i, before+n
		}
		before = n
	}
	return at, cost
}

// commonSpeech is text such as most servers of a protocol send, whatever the
// product. A literal is better not looked for by what stands in here.
const commonSpeech = "HTTP/1.1 200 OK\r\nHTTP/1.0 404 Not Found\r\nServer: \r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n" +
	"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"\"\r\nHTTP/1.1 400 Bad Request\r\nHTTP/1.1 302 Found\r\nLocation: http://\r\n" +
	"Last-Modified: Tue, 02 Feb 2021 \r\nETag: \"\r\nAccept-Ranges: bytes\r\nContent-Length: 0\r\nConnection: close\r\nConnection: keep-alive\r\n" +
	"Content-Type: text/html; charset=UTF-8\r\nContent-Type: text/html\r\n\r\nX-Powered-By: \r\nSet-Cookie: session=; path=/; HttpOnly\r\n" +
	"Cache-Control: no-cache, no-store, must-revalidate\r\nPragma: no-cache\r\nExpires: 0\r\nVary: Accept-Encoding\r\nTransfer-Encoding: chunked\r\n" +
	"X-Frame-Options: SAMEORIGIN\r\nX-Content-Type-Options: nosniff\r\nStrict-Transport-Security: max-age=\r\n" +
	"<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">\r\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\r\n" +
	"<head>\r\n<title></title>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n" +
	"<link rel=\"stylesheet\" type=\"text/css\" href=\"/style.css\"/>\n<script type=\"text/javascript\" src=\"/js/\"></script>\n<style>body { margin: 0; font-family: sans-serif; color: #000 }</style>\n" +
	"</head>\r\n<body bgcolor=\"#ffffff\">\r\n<div class=\"container\" id=\"main\"><h1></h1><p>The page you requested was not found on this server.</p></div>\n" +
	"<table width=\"100%\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\"><a href=\"index.html\"><img src=\"/images/\" alt=\"\"></a></td></tr></table>\n" +
	"<form action=\"login\" method=\"post\"><input type=\"text\" name=\"username\"><input type=\"password\" name=\"password\"><input type=\"submit\" value=\"Login\"></form>\n" +
	"<hr><address>server at port 80</address></body></html>\r\n" +
	"SSH-2.0-\r\n220 FTP server ready.\r\n220 Welcome to the service\r\n220 mail.example.com ESMTP\r\n250-SIZE\r\n530 Please login with USER and PASS.\r\n500 command not understood\r\n" +
	"+OK POP3 server ready <>\r\n* OK [CAPABILITY IMAP4rev1] ready\r\n-ERR unknown command\r\nlogin: password: username: Welcome to version copyright all rights reserved error invalid\r\n" +
	"\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00"
