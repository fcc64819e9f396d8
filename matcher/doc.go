// Package matcher names products: bytes in, product fields out.
//
// It reads probe files of the nmap-service-probes grammar and matches responses
// against them. It does no I/O other than reading a probe file.
package matcher
