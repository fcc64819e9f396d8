// Command precision holds what is no server's words against the whole embedded database:
// random bytes, ciphertext, made-up HTML, mail bodies, and the files of the Go tree (source,
// pages, archives, images). Nothing of it may be matched by a match line: a hard match there
// is a product claimed on no evidence. It prints a line for each kind, each wrong match with
// its line, and fails if there is one.
package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"earshot/data"
	"earshot/matcher"
	"earshot/matcher/request"
)

func main() {
	megabytes := flag.Int("mb", 20, "how much of each kind that is made up, in MB")
	files := flag.Int("files", 100, "how much of the Go tree, in MB")
	flag.Parse()
	log.SetFlags(0)
	db, err := database()
	if err != nil {
		log.Fatalln("precision:", err)
	}
	t := &trial{db: db, shown: map[string]bool{}}
	r := rand.New(rand.NewPCG(1, 2))
	n := *megabytes << 20
	t.run("random bytes", n, func() []byte { return random(r, size(r)) })
	stream := ciphertext()
	t.run("ciphertext", n, func() []byte { b := make([]byte, size(r)); stream.XORKeyStream(b, b); return b })
	t.run("random text", n, func() []byte { return text(r, size(r)) })
	t.run("HTML without a server's name", n, func() []byte { return html(r, size(r)) })
	t.run("mail bodies", n, func() []byte { return mail(r, size(r)) })
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		log.Fatalln("precision: go env:", err)
	}
	t.tree(filepath.Join(strings.TrimSpace(string(root)), "src"), *files<<20, r)
	if t.wrong > 0 {
		fmt.Printf("%d hard matches of what nobody served\n", t.wrong)
		os.Exit(1)
	}
}

func database() (*matcher.DB, error) {
	var files []*matcher.File
	err := fs.WalkDir(data.Probes, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := data.Probes.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := matcher.ParseFile(filepath.Base(path), b)
		files = append(files, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return matcher.New(matcher.Options{}, files...)
}

// trial counts what was matched.
type trial struct {
	db    *matcher.DB
	wrong int
	shown map[string]bool
}

// run tries bytes until there were n of them.
func (t *trial) run(kind string, n int, next func() []byte) {
	tried, hard, soft, sum := 0, 0, 0, 0
	for sum < n {
		b := next()
		sum += len(b)
		tried++
		h, s := t.try(kind, b)
		hard, soft = hard+h, soft+s
	}
	fmt.Printf("%-40s %5d MB in %7d pieces: %d hard matches, %d soft\n", kind, sum>>20, tried, hard, soft)
}

func (t *trial) try(kind string, b []byte) (hard, soft int) {
	for _, p := range []matcher.Proto{request.TCP, request.UDP} {
		r := t.db.MatchAny(b, p)
		switch r.Kind {
		case matcher.Hard:
			hard++
			t.wrong++
			line := fmt.Sprintf("%s:%d", r.File, r.Line)
			if !t.shown[line] {
				t.shown[line] = true
				fmt.Printf("  %s over %v: %s says %s %s %s of %.120q\n", kind, p, line, r.Service, r.Product, r.Version, b[:min(len(b), 120)])
			}
		case matcher.Soft:
			soft++
		}
	}
	return hard, soft
}

// tree tries the beginnings and the pieces of files.
func (t *trial) tree(root string, n int, r *rand.Rand) {
	var names []string
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error { // what cannot be read is left out
		if err == nil && d.Type().IsRegular() {
			names = append(names, path)
		}
		return nil
	})
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	var rest []byte
	t.run("files of the Go tree", n, func() []byte {
		for len(rest) == 0 {
			if len(names) == 0 {
				return random(r, 1<<20) // the tree is smaller than what was asked for
			}
			b, err := os.ReadFile(names[0])
			if served(b) {
				err = os.ErrInvalid
			}
			names = names[1:]
			if err == nil {
				rest = b
			}
		}
		k := min(len(rest), size(r))
		b := rest[:k]
		rest = rest[k:]
		return b
	})
}

// served reports whether a file holds words that a server could have sent: recorded ones,
// or a row of the characters that chargen rotates.
func served(b []byte) bool {
	for _, w := range []string{"SSH-2.0-", "HTTP/1.1 200", "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGH"} {
		if bytes.Contains(b, []byte(w)) {
			return true
		}
	}
	return false
}

// size is the length of a piece: most are short, as answers are.
func size(r *rand.Rand) int { return 1 + r.IntN(1<<(3+r.IntN(11))) }

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func ciphertext() cipher.Stream {
	c, err := aes.NewCipher([]byte("precision of all"))
	if err != nil {
		panic(err) // the key's length is right
	}
	return cipher.NewCTR(c, make([]byte, 16))
}

func word(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(9) {
		b.WriteByte("eeeaaiioutnrslhdcmpgfbvkwyzxqj"[r.IntN(30)])
	}
	return b.String()
}

func words(r *rand.Rand, n int, sep string) string {
	var w []string
	for range n {
		w = append(w, word(r))
	}
	return strings.Join(w, sep)
}

func text(r *rand.Rand, n int) []byte {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(words(r, 1+r.IntN(12), " ") + []string{".\n", "\r\n", ": 17\r\n", ", ", "; "}[r.IntN(5)])
	}
	return []byte(b.String()[:n])
}

func html(r *rand.Rand, n int) []byte {
	var b strings.Builder
	b.WriteString([]string{"<!DOCTYPE html>\n<html>\n", "<html>", "<HTML>\r\n", "<?xml version=\"1.0\"?>\n<html>"}[r.IntN(4)])
	fmt.Fprintf(&b, "<head><title>%s</title></head><body>\n", words(r, 1+r.IntN(4), " "))
	for b.Len() < n {
		tag := []string{"p", "div", "td", "li", "h1", "a"}[r.IntN(6)]
		fmt.Fprintf(&b, "<%s class=\"%s\">%s</%s>\n", tag, word(r), words(r, 1+r.IntN(20), " "), tag)
	}
	return []byte(b.String())
}

func mail(r *rand.Rand, n int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s@%s.example\r\nTo: %s@%s.example\r\nSubject: %s\r\nDate: Tue, 3 Feb 2026 10:11:12 +0100\r\n\r\n", word(r), word(r), word(r), word(r), words(r, 4, " "))
	for b.Len() < n {
		b.WriteString(words(r, 3+r.IntN(9), " ") + "\r\n")
	}
	return []byte(b.String())
}
