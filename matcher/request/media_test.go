package request

import "testing"

// RTP is named where both sides speak it, and its shape names no other request's answer.
func TestSpokenMedia(t *testing.T) {
	audio := h("80 08 1234 00000100 0a0b0c0d d5 *160")
	for _, c := range []struct {
		name string
		req  string
		data string
		want string
	}{
		{"both", audio, audio, "rtp"},
		{"an answer of no shape", audio, h("de ad be ef *30"), ""},
		{"a request of no shape", h("de ad be ef *30"), audio, ""},
		{"a DNS server", h("1234 0100 0001 0000 0000 0000 03 'www' 07 'example' 03 'org' 00 0001 0001"), audio, "domain"},
		{"G.711 of an odd length", h("80 08 1234 00000100 0a0b0c0d d5 *161"), h("80 08 1234 00000100 0a0b0c0d d5 *161"), ""},
		{"reports", "", h("80 c9 0001 1a1b1c1d 81 ca 0003 1a1b1c1d 01 05 'd@e.f' 00"), "rtcp"},
		{"a report with something behind it", "", h("80 c9 0001 1a1b1c1d 00"), ""},
	} {
		if got := Spoken(UDP, Classify(UDP, []byte(c.req)), []byte(c.data)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// What only begins like a transmission of BaseStation's is none.
func TestBaseStation(t *testing.T) {
	for text, want := range map[string]Kind{
		"MSG,3,1,1,4CA2D6,1,2024/01/01,": "sbs-message",
		"MSG,8,,,4ca2d6,":                "sbs-message",
		"MSG,0,1,1,4CA2D6,1,":            "",
		"MSG,9,1,1,4CA2D6,1,":            "",
		"MSG,3;1,1,4CA2D6,1,":            "",
		"MSG,3,a,1,4CA2D6,1,":            "",
		"MSG,3,1,1,4CA2G6,1,":            "",
		"MSG,3,1,1,4CA2D6":               "",
		"MSG,3,1,":                       "",
		"MSG,hello, all of you\r\n":      "",
	} {
		if k, _ := hobby([]byte(text)); k != want {
			t.Errorf("%q: %q, want %q", text, k, want)
		}
	}
}
