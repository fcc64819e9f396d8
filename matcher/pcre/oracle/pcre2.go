//go:build oracle && cgo

package oracle

/*
#cgo LDFLAGS: -lpcre2-8
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

static size_t ovector_at(pcre2_match_data *md, int i) { return pcre2_get_ovector_pointer(md)[i]; }
static void set_limit(pcre2_match_context *c, uint32_t n) { pcre2_set_match_limit(c, n); }
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"earshot/matcher/pcre"
)

// ErrSize says that PCRE2 refused a pattern because it compiles to too much.
var ErrSize = errors.New("pcre2: pattern is too large")

// ErrLimit says that PCRE2 gave up before it knew the answer.
var ErrLimit = errors.New("pcre2: match limit")

// Code is a pattern compiled by PCRE2 in byte mode. Not for concurrent use.
type Code struct {
	code *C.pcre2_code
	data *C.pcre2_match_data
	ctx  *C.pcre2_match_context
}

// matchLimit is after how much PCRE2 may give up; nmap allows it 100,000.
const matchLimit = 2_000_000

// Option changes what Compile asks for.
type Option uint32

// Plain turns PCRE2's optimisations off that are wrong in 10.42: automatic
// possessification, for a repetition followed by an optional possessive group
// inside a loop ((?:_{2,}(?:abc)?+){2}x does not match _____x with it), and
// the least length of a match, for a group that refers to itself
// ((a|\1?).+ does not match b with it).
const Plain Option = C.PCRE2_NO_AUTO_POSSESS | C.PCRE2_NO_START_OPTIMIZE

// Compile compiles a pattern; the caller frees it with Free.
func Compile(pattern []byte, flags pcre.Flags, option Option) (*Code, error) {
	opts := C.uint32_t(option)
	if flags&pcre.Caseless != 0 {
		opts |= C.PCRE2_CASELESS
	}
	if flags&pcre.DotAll != 0 {
		opts |= C.PCRE2_DOTALL
	}
	var code C.int
	var offset C.size_t
	c := C.pcre2_compile(pointer(pattern), C.size_t(len(pattern)), opts, &code, &offset, nil)
	if code == C.PCRE2_ERROR_PATTERN_TOO_LARGE {
		return nil, ErrSize
	}
	if c == nil {
		var buf [256]C.PCRE2_UCHAR
		C.pcre2_get_error_message(code, &buf[0], 256)
		return nil, fmt.Errorf("pcre2: offset %d: %s", offset, C.GoString((*C.char)(unsafe.Pointer(&buf[0]))))
	}
	ctx := C.pcre2_match_context_create(nil)
	C.set_limit(ctx, matchLimit)
	return &Code{c, C.pcre2_match_data_create_from_pattern(c, nil), ctx}, nil
}

// Size is how many bytes of code the pattern became, without the header of the whole and the
// names of groups.
func (c *Code) Size() int {
	var header, size C.size_t
	var names, entry C.uint32_t
	empty, err := Compile(nil, 0, 0)
	if err != nil {
		return 0
	}
	defer empty.Free()
	C.pcre2_pattern_info(empty.code, C.PCRE2_INFO_SIZE, unsafe.Pointer(&header))
	C.pcre2_pattern_info(c.code, C.PCRE2_INFO_SIZE, unsafe.Pointer(&size))
	C.pcre2_pattern_info(c.code, C.PCRE2_INFO_NAMECOUNT, unsafe.Pointer(&names))
	C.pcre2_pattern_info(c.code, C.PCRE2_INFO_NAMEENTRYSIZE, unsafe.Pointer(&entry))
	const bare = 7 // of the empty pattern: a group, its end, the end of all
	return int(size-header) + bare - int(names)*int(entry)
}

// Free gives the memory back.
func (c *Code) Free() {
	C.pcre2_match_data_free(c.data)
	C.pcre2_match_context_free(c.ctx)
	C.pcre2_code_free(c.code)
}

// Match fills caps as pcre.Regexp.Match does. The only error is ErrLimit.
func (c *Code) Match(in []byte, caps []int) (bool, error) {
	n := C.pcre2_match(c.code, pointer(in), C.size_t(len(in)), 0, 0, c.data, c.ctx)
	if n == C.PCRE2_ERROR_NOMATCH {
		return false, nil
	}
	if n < 0 {
		return false, ErrLimit
	}
	for i := range caps {
		caps[i] = -1
		if i < 2*int(C.pcre2_get_ovector_count(c.data)) {
			if o := C.ovector_at(c.data, C.int(i)); o != ^C.size_t(0) {
				caps[i] = int(o)
			}
		}
	}
	return true, nil
}

func pointer(b []byte) *C.uchar {
	if len(b) == 0 {
		return (*C.uchar)(unsafe.Pointer(unsafe.StringData("\x00")))
	}
	return (*C.uchar)(unsafe.Pointer(unsafe.SliceData(b)))
}
