package request

import "bytes"

// iscsi recognises a login (RFC 7143 §11.12, §11.13).
func iscsi(b []byte) (Kind, Side) {
	if len(b) < 48 || b[2] != 0 || b[3] != 0 || b[4] != 0 {
		return "", Unknown
	}
	switch b[0] {
	case 0x43, 0x03:
		if within(b[48:], 512, "InitiatorName=") || within(b[48:], 512, "AuthMethod=") {
			return "iscsi-login", Originator
		}
	case 0x23:
		if be16(b, 36) < 0x0400 && be24(b, 5) < 8192 && zero(b, 42, 48) {
			return "iscsi-answer", Responder
		}
	}
	return "", Unknown
}

// scsi recognises SCSI commands and what answers them in iSCSI (RFC 7143 §11.3, §11.4, §11.7).
func scsi(b []byte) (Kind, Side) {
	if len(b) < 48 || b[2] != 0 || b[4] != 0 || b[1]&0x80 == 0 {
		return "", Unknown
	}
	switch b[0] {
	case 0x01, 0x41: // the second for immediate delivery
		if scsiCommand(b) {
			return "iscsi-command", Originator
		}
	case 0x21:
		if b[1] == 0x80 && b[3]&^0x1a == 0 && zero(b, 8, 16) && be32(b, 20) == 0 && be32(b, 28) > 0 {
			return "iscsi-response", Responder
		}
	case 0x25:
		if scsiData(b) {
			return "iscsi-data", Responder
		}
	}
	return "", Unknown
}

// scsiCommand reports whether b asks a disk for something, without data and in numbers that
// a session has.
func scsiCommand(b []byte) bool {
	return scsiUnit(b) && scsiDisk(b[32]) && b[1]&0x18 == 0 && b[1]&7 <= 4 && b[3] == 0 && zero(b, 5, 8) && be32(b, 24) > 0 && be32(b, 28) > 0
}

// scsiUnit reports whether a logical unit is named as most are: by one byte.
func scsiUnit(b []byte) bool { return b[8] <= 1 && zero(b, 10, 16) }

// scsiDisk reports whether op is an operation of disks.
func scsiDisk(op byte) bool {
	switch op {
	case 0x00, 0x12, 0x1a, 0x25, 0x28, 0x2a, 0x35, 0x88, 0x8a, 0x9e, 0xa0, 0xa3:
		return true
	}
	return false
}

// scsiData reports whether b brings data to who asked: a length, and numbers of a session
// of which the last that is allowed is not far from the next.
func scsiData(b []byte) bool {
	n, next, last := be24(b, 5), be32(b, 28), be32(b, 32)
	return scsiUnit(b) && b[1]&0x38 == 0 && n > 0 && n <= 1<<18 && next > 0 && last >= next && last-next < 1<<12
}

// nbdOption recognises the client's answer to NBD's greeting (NBD protocol, "Fixed newstyle").
func nbdOption(b []byte) (Kind, Side) {
	if be32(b, 0) >= 0 && be32(b, 0) <= 3 && has(b, 4, "IHAVEOPT") {
		return "nbd-option", Originator
	}
	return "", Unknown
}

// afp recognises Apple's data stream interface.
func afp(b []byte) (Kind, Side) {
	if len(b) < 16 || b[0] > 1 || b[1] < 1 || b[1] > 8 || be32(b, 12) != 0 || be32(b, 8) > 1<<16 || be32(b, 8) < int64(len(b)-16) {
		return "", Unknown
	}
	switch {
	case b[0] == 1 && (b[1] == 3 && be32(b, 8) == 0 || be32(b, 4) != 0 && be32(b, 4) < 0xffff0000): // a status is never empty, and errors are small negative numbers
	case b[0] == 1:
		return "afp-answer", Responder
	case b[1] == 3 && be32(b, 8) <= 16:
		return "afp-status", Originator
	case b[1] == 4 && be32(b, 8) <= 64:
		return "afp-open", Originator
	}
	return "", Unknown
}

// nvme recognises how NVMe over TCP begins (NVM Express TCP transport 1.0 §3.6.2.2): both
// messages have 128 bytes.
func nvme(b []byte) (Kind, Side) {
	if at(b, 2) != 128 || at(b, 3) != 0 || le32(b, 4) != 128 || le16(b, 8) != 0 || b[1] != 0 || !zero(b, 16, len(b)) {
		return "", Unknown
	}
	switch b[0] {
	case 0:
		return "nvme-connect", Originator
	case 1:
		return "nvme-answer", Responder
	}
	return "", Unknown
}

// ninep recognises how 9P begins: a length, the version that is proposed or agreed to.
func ninep(b []byte) (Kind, Side) {
	if le32(b, 0) != int64(len(b)) || !has(b, 5, "\xff\xff") || !has(b, 13, "9P20") {
		return "", Unknown
	}
	switch b[4] {
	case 100:
		return "ninep-version", Originator
	case 101:
		return "ninep-answer", Responder
	}
	return "", Unknown
}

// drbd recognises the replication of block devices by its magic numbers, versions 8 and 9.
func drbd(b []byte) (Kind, Side) {
	switch be32(b, 0) {
	case 0x83740267, 0x8374026a, 0x8620ec20:
		if len(b) >= 8 {
			return "drbd-packet", Unknown
		}
	}
	return "", Unknown
}

// lustre recognises who wants to be let in by Lustre's network, in the order of bytes of either side.
func lustre(b []byte) (Kind, Side) {
	if len(b) == 16 && (be32(b, 0) == 0xacce7100 || le32(b, 0) == 0xacce7100) {
		return "lustre-accept", Originator
	}
	return "", Unknown
}

// isns recognises the storage name service (RFC 4171 §5).
func isns(b []byte) (Kind, Side) {
	if len(b) < 12 || be16(b, 0) != 1 || be16(b, 4) != len(b)-12 || be16(b, 4)%4 != 0 || be16(b, 10) != 0 {
		return "", Unknown
	}
	switch f, flags := be16(b, 2), be16(b, 6); {
	case f >= 1 && f <= 15 && flags&0x8c00 == 0x8c00:
		return "isns-request", Originator
	case f >= 0x8001 && f <= 0x800f && flags&0x4c00 == 0x4c00:
		return "isns-answer", Responder
	}
	return "", Unknown
}

// ndmp recognises the messages of the backup protocol (NDMP version 4 §2.3): a record mark,
// a number, a time, request or reply, the kind, what it answers.
func ndmp(b []byte) (Kind, Side) {
	n := be32(b, 0) - 1<<31
	if n < 24 || n > 1<<16 || len(b) < 28 || be32(b, 12) > 1 || be32(b, 16) < 0x100 || be32(b, 16) > 0xaff || be32(b, 24) > 0x20 {
		return "", Unknown
	}
	switch {
	case be32(b, 12) == 1 && be32(b, 20) > 0, be32(b, 16) == 0x502 && be32(b, 20) == 0: // it notifies of a connection
		return "ndmp-answer", Responder
	case be32(b, 12) == 0 && be32(b, 20) == 0:
		return "ndmp-request", Originator
	}
	return "", Unknown
}

// afs recognises Rx packets of AFS that ask for, or tell, a version.
func afs(b []byte) (Kind, Side) {
	if len(b) < 28 || b[20] != 13 || b[23] > 3 || len(b) > 120 {
		return "", Unknown
	}
	if b[21]&1 != 0 {
		return "rx-version", Originator
	}
	return "rx-answer", Responder
}

// tftp recognises TFTP (RFC 1350 §5).
func tftp(b []byte) (Kind, Side) {
	n := len(b)
	ended := n >= 5 && n < 512 && b[n-1] == 0 // with a string
	switch be16(b, 0) {
	case 1, 2:
		return tftpRequest(b)
	case 3:
		if n == 516 && be16(b, 2) == 1 {
			return "tftp-answer", Responder
		}
	case 5:
		if ended && be16(b, 2) <= 8 && printable(b[4:n-1]) {
			return "tftp-answer", Responder
		}
	case 6: // options (RFC 2347)
		if ended && n >= 6 && isAlpha(b[2]) && bytes.Count(b[2:], []byte{0})%2 == 0 {
			return "tftp-answer", Responder
		}
	}
	return "", Unknown
}

// tftpRequest recognises who wants to read or to write: a file's name and a mode.
func tftpRequest(b []byte) (Kind, Side) {
	i := bytes.IndexByte(b[2:], 0)
	if i < 1 || i > 255 || !printable(b[2:2+i]) {
		return "", Unknown
	}
	switch m := 2 + i + 1; {
	case hasFold(b, m, "MAIL\x00"):
		return "tftp-mail", Originator // RFC 783 knew it; servers of today answer it otherwise
	case !hasFold(b, m, "OCTET\x00") && !hasFold(b, m, "NETASCII\x00"):
		return "", Unknown
	case b[1] == 1:
		return "tftp-read", Originator
	}
	return "tftp-write", Originator
}

// amandaStream recognises Amanda's packets in streams (its "bsdtcp"): a length, a number of who
// asks, a kind, text. The first that a server says may be that it has heard.
func amandaStream(b []byte) (Kind, Side) {
	n, who := be32(b, 0), be32(b, 4)
	if len(b) < 10 || n < 2 || n > 1<<16 || who < 1 || who > 1<<16 {
		return "", Unknown
	}
	switch {
	case b[8] == 0 && (has(b, 9, "SECURITY USER ") || has(b, 9, "SERVICE ")):
		return "amanda-request", Originator
	case b[8] == 3 && n == 2 && b[9] == 0, (b[8] == 1 || b[8] == 4) && (has(b, 9, "ERROR ") || has(b, 9, "OPTIONS features=")):
		return "amanda-answer", Responder
	}
	return "", Unknown
}

// amandaDatagram recognises the same in datagrams: a line with the version, what it is, whose.
func amandaDatagram(b []byte) (Kind, Side) {
	if !has(b, 0, "Amanda ") || len(b) < 24 || b[8] != '.' {
		return "", Unknown
	}
	switch {
	case has(b, 10, " REQ HANDLE "):
		return "amanda-request", Originator
	case has(b, 10, " REP HANDLE "), has(b, 10, " NAK HANDLE "), has(b, 10, " PREP HANDLE "), has(b, 10, " ACK HANDLE "):
		return "amanda-answer", Responder
	}
	return "", Unknown
}
