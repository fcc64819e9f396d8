package matcher

import (
	"encoding/binary"
	"math"
	"runtime"
	"sync"

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
// A line is filed under the literals of one of its factors, the one whose
// rarest window of five bytes is rarest. A window holds two grams, one of
// which stands at an even place of the banner, so that looking at every second
// gram is enough. Lines without such a factor are filed under the first bytes
// they can begin with.
//
// One prefilter serves every chain of lists of a transport: a query says which lists it wants
// and in what order. It is immutable.
type prefilter struct {
	bitmap [1 << gramBits / 64]uint64 // bit gramHash(g): some key has gram g
	grams  []gramSlot                 // open addressing
	keys   []gramKey                  // grouped by gram
	lits   []literal
	text   []byte // of the literals
	posts  []uint32
	lines  []siftLine
	heads  []headWord // of the lines, up to six words each
	others []uint32   // of the lines: literals; lastAlternative, lastFactor
	first  [257]span  // in posts: lines without a key by first byte; 256: any, or no byte
	pool   sync.Pool  // of *sieve
}

const (
	gramBits  = 19 // the bitmap of 64 KB stays in a core's own cache
	gramLen   = 4
	windowLen = gramLen + 1
	gramFold  = 0x20202020
	maxOthers = 6 // other factors checked of a line

	lastAlternative = 1 << 31 // in others: the factor ends here
	lastFactor      = 1 << 30 // in others: the list ends here
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
	literal struct {
		text, post uint32 // where it begins in text; where its lines begin in posts
		size       uint8
		rare       uint8 // place of the byte least often heard
		fold       bool
		posts      uint32
	}
	headWord struct{ mask, value uint64 }
	siftLine struct {
		min, max uint32 // length of the banner
		head     uint32 // in heads
		others   uint32 // in others; noOthers
		list     uint32
		place    uint32 // in the list
		words    uint8  // in heads
	}
)

const noOthers = math.MaxUint32

// gramHash spreads a folded gram over the bitmap.
func gramHash(g uint32) uint32 { return g * 0x9e3779b1 >> (32 - gramBits) }

func gramAt(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) | gramFold }

// newPrefilter files some of n lines. list says to which list a line belongs and at
// which place of it the line stands. facts says what a line requires, nil if it
// can match nothing; it is called from several goroutines, in each with another
// Finder.
func newPrefilter(n int, lines []int32, list func(line int32) (list, place uint32), facts func(line int32, f *pcre.Finder) *pcre.Facts) *prefilter {
	p := &prefilter{lines: make([]siftLine, n)}
	p.pool.New = func() any { return newSieve(p) }
	quarries := quarryAll(lines, facts)
	freq := newCounts()
	for _, q := range quarries {
		for _, l := range q.lits {
			freq.add(q.text[l.text.from:l.text.to], 1)
		}
	}
	b := &filer{p: p, ids: make(map[string]uint32, 3*len(lines)), freq: freq}
	for _, q := range quarries {
		for i := range q.lines {
			at, place := list(int32(q.lines[i].line))
			b.file(q, &q.lines[i], at, place)
		}
	}
	b.finish()
	return p
}

// quarryAll collects the facts of lines, in their order.
func quarryAll(lines []int32, facts func(int32, *pcre.Finder) *pcre.Facts) []*quarry {
	const least = 128 // lines worth a goroutine
	n := len(lines)
	workers := max(1, min(runtime.GOMAXPROCS(0), n/least))
	quarries := make([]*quarry, 4*workers)
	var wg sync.WaitGroup
	next := make(chan int, len(quarries))
	for i := range quarries {
		next <- i
	}
	close(next)
	for range workers {
		wg.Go(func() {
			var f pcre.Finder
			for i := range next {
				part := lines[n*i/len(quarries) : n*(i+1)/len(quarries)]
				q := newQuarry(len(part))
				for _, line := range part {
					if facts := facts(line, &f); facts != nil {
						q.add(uint32(line), facts)
					}
				}
				quarries[i] = q
			}
		})
	}
	wg.Wait()
	return quarries
}

// quarry holds the facts of some lines in few pieces of memory.
type quarry struct {
	lines   []quarryLine
	factors []quarryFactor
	lits    []quarryLiteral
	text    []byte
}

type quarryLine struct {
	line     uint32
	min, max uint32
	factors  span
	words    uint8
	head     [pcre.PrefixLen / 8]headWord
	first    pcre.Set
}

type quarryFactor struct {
	lits     span
	shortest uint8
	head     bool
}

type quarryLiteral struct {
	text span
	fold bool
}

// newQuarry returns one with room for what so many lines have, most often.
func newQuarry(lines int) *quarry {
	return &quarry{
		lines:   make([]quarryLine, 0, lines),
		factors: make([]quarryFactor, 0, 3*lines),
		lits:    make([]quarryLiteral, 0, 4*lines),
		text:    make([]byte, 0, 48*lines),
	}
}

func (q *quarry) add(line uint32, f *pcre.Facts) {
	l := quarryLine{line: line, min: uint32(f.Min), max: math.MaxUint32, first: f.First}
	if f.Max >= 0 {
		l.max = uint32(f.Max)
	}
	var mask, value [pcre.PrefixLen]byte
	copy(mask[:f.Prefix], f.Mask[:])
	copy(value[:f.Prefix], f.Value[:])
	for i := range l.head {
		w := headWord{binary.LittleEndian.Uint64(mask[8*i:]), binary.LittleEndian.Uint64(value[8*i:])}
		l.head[i] = w
		if w.mask != 0 {
			l.words = uint8(i + 1)
		}
	}
	l.factors.from = uint32(len(q.factors))
	for i := range f.Factors {
		c := &f.Factors[i]
		k := quarryFactor{lits: span{from: uint32(len(q.lits))}, shortest: uint8(c.Shortest()), head: c.Head}
		for _, t := range c.Literals {
			at := uint32(len(q.text))
			q.text = append(q.text, t.Text...)
			q.lits = append(q.lits, quarryLiteral{span{at, uint32(len(q.text))}, t.Fold})
		}
		k.lits.to = uint32(len(q.lits))
		q.factors = append(q.factors, k)
	}
	l.factors.to = uint32(len(q.factors))
	q.lines = append(q.lines, l)
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
	c.add([]byte(commonSpeech), weight)
	return c
}

func (c *counts) add(t []byte, weight uint32) {
	for _, b := range t {
		c.bytes[b] += weight
	}
	for i := 0; i+gramLen <= len(t); i++ {
		c.grams[countHash(gramAt(t, i))] += weight
	}
}

// rare returns the place of the rarest byte of t.
func (c *counts) rare(t []byte) uint8 {
	best := 0
	for i, b := range t {
		if c.bytes[b] < c.bytes[t[best]] {
			best = i
		}
	}
	return uint8(best)
}

// window returns the place of the rarest window of t and how common it is.
func (c *counts) window(t []byte) (at int, cost uint32) {
	cost = math.MaxUint32
	before := c.grams[countHash(gramAt(t, 0))]
	for i := 0; i+windowLen <= len(t); i++ {
		n := c.grams[countHash(gramAt(t, i+1))]
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
