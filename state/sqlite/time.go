package sqlite

import (
	"math"
	"time"
)

// No time sorts behind every first and before every last.
const (
	noFirst = math.MaxInt64
	noLast  = math.MinInt64
)

// nanos is a time as it is stored. What a signed 64-bit number of nanoseconds cannot
// hold (before 1677, after 2262: a damaged capture) is cut.
func nanos(t time.Time, none int64) int64 {
	switch {
	case t.IsZero():
		return none
	case t.Year() < 1678:
		return noLast + 1
	case t.Year() > 2261:
		return noFirst - 1
	}
	return t.UnixNano()
}

func timeOf(n int64) time.Time {
	if n == noFirst || n == noLast {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
