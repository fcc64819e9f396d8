//go:build benchpcre

package main

/*
#cgo pkg-config: libpcre
#include <pcre.h>
#include <stdlib.h>
#include <time.h>

typedef struct { pcre *re; pcre_extra *extra; int soft; } line;

static double cpu(void) {
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static int build(line *l, const char *pattern, int caseless, int dotall, int soft) {
	const char *err; int at;
	l->soft = soft;
	l->re = pcre_compile(pattern, (caseless ? PCRE_CASELESS : 0) | (dotall ? PCRE_DOTALL : 0), &err, &at, NULL);
	if (!l->re) return 0;
	l->extra = pcre_study(l->re, PCRE_STUDY_EXTRA_NEEDED, &err);
	if (!l->extra) return 0;
	l->extra->flags |= PCRE_EXTRA_MATCH_LIMIT | PCRE_EXTRA_MATCH_LIMIT_RECURSION;
	l->extra->match_limit = 100000;
	l->extra->match_limit_recursion = 10000;
	return 1;
}

// The place in order of the first hard line that matches, else of the first
// soft one, else -1. *limit counts the patterns stopped by a limit.
static int scan(const line *all, const int *order, int n, const char *b, int len, int *limit) {
	int ovector[90], soft = -1, i;
	for (i = 0; i < n; i++) {
		const line *l = &all[order[i]];
		int rc;
		if (!l->re || (l->soft && soft >= 0)) continue;
		rc = pcre_exec(l->re, l->extra, b, len, 0, 0, ovector, 90);
		if (rc == PCRE_ERROR_MATCHLIMIT || rc == PCRE_ERROR_RECURSIONLIMIT) ++*limit;
		if (rc < 0) continue;
		if (!l->soft) return i;
		soft = i;
	}
	return soft;
}
*/
import "C"

import (
	"unsafe"

	"earshot/matcher"
	"earshot/matcher/pcre"
)

// linear is a version scanner of the usual kind: libpcre 8.39 with study and
// the match limits of nmap 7.93, one pattern after the other.
type linear struct {
	lines *C.line
	n     int
}

// compileAll compiles every line and says how many libpcre refused.
func compileAll(lines []*matcher.Line) (*linear, int) {
	l := &linear{lines: (*C.line)(C.calloc(C.size_t(len(lines)), C.size_t(unsafe.Sizeof(C.line{})))), n: len(lines)}
	bad := 0
	all := unsafe.Slice(l.lines, l.n)
	for i := range all {
		text := C.CString(lines[i].Pattern)
		if C.build(&all[i], text, flag(lines[i].Flags&pcre.Caseless != 0), flag(lines[i].Flags&pcre.DotAll != 0), flag(lines[i].Soft)) == 0 {
			bad++
		}
		C.free(unsafe.Pointer(text))
	}
	return l, bad
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// chain copies a list of line numbers to where C can read it.
func chain(ids []int32) []C.int {
	c := unsafe.Slice((*C.int)(C.malloc(C.size_t(max(1, len(ids))*4))), len(ids))
	for i, id := range ids {
		c[i] = C.int(id)
	}
	return c
}

// match returns the place in the chain of the line that wins, or -1.
func (l *linear) match(b []byte, order []C.int) (at int, limits int) {
	if len(order) == 0 || len(b) == 0 {
		return -1, 0
	}
	var n C.int
	r := C.scan(l.lines, &order[0], C.int(len(order)), (*C.char)(unsafe.Pointer(&b[0])), C.int(len(b)), &n)
	return int(r), int(n)
}

// cpuSeconds is the processor time of the process so far, its garbage
// collector included.
func cpuSeconds() float64 { return float64(C.cpu()) }

// version is libpcre's own.
func version() string { return C.GoString(C.pcre_version()) }
