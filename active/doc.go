// Package active asks: it interrogates ports that listening could not identify,
// with as few packets as possible, and accounts for every one.
//
//	state (alive, not identified) → Plan → Prober → Banner → matcher → state
//	                                          └→ Ledger
//
// It is the only room that dials.
package active
