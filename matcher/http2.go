package matcher

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/net/http2/hpack"
)

const (
	h2Head       = 9       // bytes of a frame's head (RFC 9113 section 4.1)
	h2MaxHeaders = 8 << 10 // bytes of header text rendered of one response
	h2MaxBody    = 8 << 10 // bytes of its body
	h2Data       = 0x0
	h2Headers    = 0x1
	h2Settings   = 0x4
	h2Continue   = 0x9
	h2EndHeaders = 0x4
	h2Padded     = 0x8
	h2Priority   = 0x20
)

// http2Answer renders the first response in data, frames that an HTTP/2 server
// sent (RFC 9113), as an HTTP/1 answer: its head and the beginning of its body,
// so that the lines written for those read it too. An upgrade's 101 answer may
// stand before the frames. It returns nil if data are not HTTP/2 or hold no whole header block.
func http2Answer(data []byte) []byte {
	if bytes.HasPrefix(data, []byte("HTTP/1.1 101")) {
		_, rest, ok := bytes.Cut(data, []byte("\r\n\r\n"))
		if !ok {
			return nil
		}
		data = rest
	}
	var block []byte
	for len(data) >= h2Head {
		n := int(data[0])<<16 | int(data[1])<<8 | int(data[2])
		kind, flags := data[3], data[4]
		stream := binary.BigEndian.Uint32(data[5:])
		if n > len(data)-h2Head || kind > h2Continue || stream >= 1<<31 || kind == h2Settings && (stream != 0 || n%6 != 0) {
			return nil
		}
		body := data[h2Head : h2Head+n]
		data = data[h2Head+n:]
		switch kind {
		case h2Headers:
			body = h2Block(body, flags)
			if body == nil {
				return nil
			}
			block = append(block, body...)
		case h2Continue:
			block = append(block, body...)
		default:
			continue
		}
		if flags&h2EndHeaders != 0 {
			head := h2Render(block)
			if head == nil {
				return nil
			}
			return append(head, h2Body(data, stream)...)
		}
	}
	return nil
}

// h2Body joins the DATA frames of one stream (section 6.1), the last of which may be cut
// off; at most h2MaxBody bytes.
func h2Body(data []byte, stream uint32) []byte {
	var out []byte
	for len(data) >= h2Head && len(out) < h2MaxBody {
		n := int(data[0])<<16 | int(data[1])<<8 | int(data[2])
		kind, flags, of := data[3], data[4], binary.BigEndian.Uint32(data[5:])
		body := data[h2Head:min(h2Head+n, len(data))]
		data = data[h2Head+len(body):]
		if kind != h2Data || of != stream {
			continue
		}
		if flags&h2Padded != 0 {
			if len(body) == 0 || int(body[0]) >= n || len(body) < n {
				break
			}
			body = body[1 : n-int(body[0])]
		}
		out = append(out, body[:min(len(body), h2MaxBody-len(out))]...)
	}
	return out
}

// h2Block takes padding and priority off a HEADERS frame (section 6.2).
func h2Block(b []byte, flags byte) []byte {
	if flags&h2Padded != 0 {
		if len(b) == 0 || int(b[0]) >= len(b) {
			return nil
		}
		b = b[1 : len(b)-int(b[0])]
	}
	if flags&h2Priority != 0 {
		if len(b) < 5 {
			return nil
		}
		b = b[5:]
	}
	return b
}

// h2Render decodes a header block (RFC 7541) into the text of an HTTP/1 head.
// The table a server starts with is empty, so its first block stands alone.
func h2Render(block []byte) []byte {
	status := ""
	var fields bytes.Buffer
	d := hpack.NewDecoder(4096, nil)
	d.SetMaxStringLength(h2MaxHeaders)
	d.SetEmitFunc(func(f hpack.HeaderField) {
		switch {
		case f.Name == ":status":
			status = f.Value
		case f.Name == "" || f.Name[0] == ':':
		case fields.Len()+len(f.Name)+len(f.Value) < h2MaxHeaders:
			fields.WriteString(f.Name)
			fields.WriteString(": ")
			fields.WriteString(f.Value)
			fields.WriteString("\r\n")
		}
	})
	// What was decoded before an error counts. Only a response has a status.
	if _, _ = d.Write(block); len(status) != 3 {
		return nil
	}
	return append(append([]byte("HTTP/2 "+status+" \r\n"), fields.Bytes()...), '\r', '\n')
}
