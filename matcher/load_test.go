package matcher

import (
	"os"
	"testing"

	"earshot/matcher/request"
)

// What a process pays before its first answer. The machine's disk is not part of
// it: the file is in memory.
func BenchmarkLoadInstalled(b *testing.B) {
	text, err := os.ReadFile(nmapFile(b))
	if err != nil {
		b.Fatal(err)
	}
	benchLoad(b, func() *DB {
		f, err := ParseFile("nmap-service-probes", text)
		if err != nil {
			b.Fatal(err)
		}
		db, err := New(Options{}, f)
		if err != nil {
			b.Fatal(err)
		}
		return db
	})
}

func BenchmarkLoadEmbedded(b *testing.B) {
	benchLoad(b, func() *DB { return embeddedDB(b, Options{}) })
}

func benchLoad(b *testing.B, load func() *DB) {
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			load()
		}
	})
	b.Run("first-answer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if r := load().MatchAny([]byte("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"), request.TCP); r.Service != "ssh" {
				b.Fatalf("got %+v", r)
			}
		}
	})
	b.Run("first-page", func(b *testing.B) {
		page := []byte("HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\n\r\n<html><head><title>Hi</title></head></html>\n")
		b.ReportAllocs()
		for b.Loop() {
			if r := load().MatchRequest(request.TCP, []byte("GET / HTTP/1.1\r\n\r\n"), page, 0); r.Service != "http" {
				b.Fatalf("got %+v", r)
			}
		}
	})
}
