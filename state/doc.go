// Package state holds what is believed of each host, since when, and on what
// evidence. It never reads the clock: every time comes from a packet.
package state
