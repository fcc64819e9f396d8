// Package sqlite keeps a state on disk: one SQLite file, written by one goroutine in
// batches, that reports read while it is written. It obeys the merge law of package
// state: what it holds does not depend on the order in which it was told, nor on how
// often. Everything it says is what a [state.Memory] says of the same claims.
//
// # The file
//
// An operator may open it with sqlite3. The views hosts, services, ports, names,
// changes, ledger and sensors have plain names and times as text; the tables behind them are in
// schema.sql. Words of servers stand once in banner and what was made of them once in
// claim; a row of evidence says which endpoint made which claim in which pass, first and
// last and how often.
//
// The file is made with mode 0600, has an application_id of its own, and its
// user_version is that of the schema. Journal mode is WAL and synchronous is NORMAL: a
// program that is killed loses what was not flushed yet, at most a second; a machine
// that loses its power may lose a few seconds more, and the file stays whole.
package sqlite
