package request

import "math/bits"

// Carried returns the name of the service whose messages an SCTP payload protocol identifier
// announces (RFC 9260 §14.5, and IANA's registry), "" for none. Some senders write the number
// with its bytes the other way round.
func Carried(id uint32) string {
	if id != 0 && id&0xffffff == 0 {
		id = bits.ReverseBytes32(id)
	}
	if id < uint32(len(carried)) {
		return carried[id]
	}
	return ""
}

// carried are the names in the order of the numbers. What WebRTC has (50 to 57) is inside DTLS
// and no service; numbers of data in general, and of protocols nobody here has met, are empty.
var carried = [...]string{
	1: "iua", 2: "m2ua", 3: "m3ua", 4: "sua", 5: "m2pa", 6: "v5ua", 7: "megaco-h248",
	10: "dua", 11: "asap", 12: "enrp", 18: "s1ap", 19: "rua", 20: "hnbap", 24: "sbcap", 25: "nbap", 27: "x2ap", 29: "lcs-ap",
	31: "sabp", 38: "echo", 39: "discard", 40: "daytime", 41: "chargen", 44: "m3ap", 45: "ssh", 46: "diameter", 47: "diameters",
	60: "ngap", 61: "xnap", 62: "f1ap", 63: "http", 64: "e1ap", 66: "ngap", 67: "xnap", 68: "f1ap", 69: "e1ap", 70: "e2ap", 71: "e2ap", 72: "e2ap", 73: "w1ap",
}
