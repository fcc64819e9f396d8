// Package data carries the signatures and tables that earshot ships with.
package data

import "embed"

// Probes holds the embedded signature files, one family of protocols each, in
// the nmap-service-probes grammar (spec: probe-file-format.md). A Probe named in
// several files is one probe.
//
//go:embed probes/*.probes
var Probes embed.FS
