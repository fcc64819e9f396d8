package request

import (
	"bytes"
	"hash/crc32"
)

// minecraft recognises the handshake that asks for a status or a login.
func minecraft(b []byte) (Kind, Side) {
	n := int(b[0])
	if n < 6 || n > 127 || at(b, 1) != 0 || len(b) < n+1 {
		return "", Unknown
	}
	i := 2
	for at(b, i) >= 0x80 && i < 7 { // protocol version
		i++
	}
	i++
	host := at(b, i)
	if host < 1 || i+1+host+3 != n+1 || !isAlpha(b[i+1]) && !isDigit(b[i+1]) && b[i+1] != ':' || bytes.IndexByte(b[i+1:i+1+host], ' ') >= 0 {
		return "", Unknown
	}
	switch b[n] {
	case 1:
		return "minecraft-status", Originator
	case 2, 3:
		return "minecraft-login", Originator
	}
	return "", Unknown
}

// minecraftLegacy recognises the ping of versions before 1.7.
func minecraftLegacy(b []byte) (Kind, Side) {
	if b[0] == 0xfe && (len(b) == 1 || b[1] == 1 && (len(b) == 2 || b[2] == 0xfa)) {
		return "minecraft-legacy", Originator
	}
	return "", Unknown
}

// terraria recognises how a game's client begins: a length, 1, the game and its release.
func terraria(b []byte) (Kind, Side) {
	if n := le16(b, 0); n == len(b) && n > 11 && n < 64 && b[2] == 1 && int(b[3]) == n-4 && has(b, 4, "Terraria") {
		return "terraria-connect", Originator
	}
	return "", Unknown
}

// rakPeer recognises how RakNet opens a connection: four messages with its magic number.
func rakPeer(b []byte) (Kind, Side) {
	if !has(b, 1, "\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78") {
		return "", Unknown
	}
	switch b[0] {
	case 5, 7:
		return "rakpeer-open", Originator
	case 6, 8:
		return "rakpeer-answer", Responder
	}
	return "", Unknown
}

// raknet recognises RakNet's ping outside a connection.
func raknet(b []byte) (Kind, Side) {
	const magic = "\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78"
	switch {
	case b[0] <= 2 && has(b, 9, magic):
		return "raknet-ping", Originator
	case b[0] == 0x1c && has(b, 17, magic):
		return "raknet-answer", Responder
	}
	return "", Unknown
}

// games recognises the out-of-band queries of Quake 2 and 3, of QuakeWorld and of Source.
func games(b []byte) (Kind, Side) {
	if be32(b, 0) != 0xffffffff || len(b) < 5 {
		return "", Unknown
	}
	if k, s := source(b[4:]); k != "" {
		return k, s
	}
	return quake(b[4:])
}

// source recognises the queries of Source's servers and their answers, which are a letter and what it tells.
func source(b []byte) (Kind, Side) {
	if has(b, 0, "TSource Engine Query\x00") {
		return "source-info", Originator
	}
	n := len(b)
	switch b[0] {
	case 'U', 'V', 'W':
		if n == 5 || n == 1 {
			return "source-players", Originator
		}
	case 'A', 'D', 'E', 'I':
		if b[0] == 'A' && n == 5 || b[0] == 'D' && n >= 2 || b[0] == 'E' && n >= 3 || b[0] == 'I' && n > 8 {
			return "source-answer", Responder
		}
	}
	return "", Unknown
}

// quake recognises the words of id's second and third engines and of their children.
func quake(b []byte) (Kind, Side) { return lookUp(quakeWords[:], b) }

// quakeWords are sorted as openings are.
var quakeWords = [...]opening{
	{"\x21\x4c\x5f\xa0", "steam-discovery", Unknown},
	{"getstatus", "quake3-status", Originator},
	{"getinfo", "quake3-info", Originator},
	{"getserversResponse", "quake3-answer", Responder},
	{"getservers", "quake3-servers", Originator},
	{"infoResponse", "quake3-answer", Responder},
	{"info", "quake2-status", Originator},
	{"n\\", "quakeworld-answer", Responder},
	{"print\n", "quake2-answer", Responder},
	{"statusRes", "quake3-answer", Responder},
	{"status 23", "quakeworld-status", Originator},
	{"status", "quake2-status", Originator},
}

// quake1 recognises the control packets of NetQuake.
func quake1(b []byte) (Kind, Side) {
	if be16(b, 0) != 0x8000 || be16(b, 2) != len(b) {
		return "", Unknown
	}
	switch {
	case (at(b, 4) == 1 || at(b, 4) == 2) && has(b, 5, "QUAKE\x00"):
		return "quake1-info", Originator
	case at(b, 4) >= 0x81 && at(b, 4) <= 0x85:
		return "quake1-answer", Responder
	}
	return "", Unknown
}

// doom3 recognises the questions and answers of id's fourth engine, outside a connection.
func doom3(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\xff\xffgetInfo\x00"), has(b, 0, "\xff\xffgetInfoEx\x00"):
		return "doom3-info", Originator
	case has(b, 0, "\xff\xffinfoResponse\x00"), has(b, 0, "\xff\xffinfoExResponse\x00"), has(b, 0, "\xff\xffchallengeResponse\x00"):
		return "doom3-answer", Responder
	}
	return "", Unknown
}

// gameWord recognises the queries of San Andreas Multiplayer and of The All-Seeing Eye, and
// what answers GameSpy's: names and values, divided by backslashes.
func gameWord(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "SAMP"):
		return samp(b)
	case has(b, 0, "EYE1") && at(b, 4) > 1 && at(b, 4) < 32:
		return "ase-answer", Responder
	case b[0] == '\\' && len(b) > 20 && (has(b, 0, `\gamename\`) || has(b, 0, `\hostname\`)):
		return "gamespy-answer", Responder
	}
	return "", Unknown
}

// samp recognises the query of San Andreas Multiplayer: the word, the server's address and
// port, a letter. An answer repeats all of it and goes on.
func samp(b []byte) (Kind, Side) {
	switch at(b, 10) {
	case 'r', 'i':
		if len(b) == 11 {
			if b[10] == 'r' {
				return "samp-rules", Originator
			}
			return "samp-info", Originator
		}
	case 'c', 'd':
		if len(b) == 11 {
			return "samp-players", Originator
		}
	case 'p': // four bytes, which come back
		if len(b) == 15 {
			return "samp-ping", Unknown
		}
		return "", Unknown
	case 'x':
		return "samp-rcon", Unknown
	case 'o':
	default:
		return "", Unknown
	}
	if len(b) > 12 {
		return "samp-answer", Responder
	}
	return "", Unknown
}

// frostbite recognises the administration of Frostbite's games (its remote administration
// interface, "Packet format"): a number with the sides in its highest bits, a length, words.
func frostbite(b []byte) (Kind, Side) {
	n, words := le32(b, 4), le32(b, 8)
	if len(b) < 18 || n < 18 || n > 1<<14 || words < 1 || words > 1<<10 || int64(len(b)) > n && le32(b, int(n)+4) < 12 {
		return "", Unknown
	}
	first := le32(b, 12)
	if first < 1 || first > 64 || int64(len(b)) < 17+first || b[16+first] != 0 || !printable(b[16:16+first]) || b[3]&0x3f != 0 {
		return "", Unknown
	}
	if words == 1 && n != 17+first {
		return "", Unknown
	}
	switch {
	case b[3]&0x40 != 0:
		return "frostbite-answer", Responder
	case has(b, 16, "version\x00"):
		return "frostbite-version", Originator
	case b[3]&0x80 == 0:
		return "frostbite-command", Originator
	}
	return "frostbite-event", Responder
}

// gamespy recognises the questions of GameSpy's protocols, versions 1 to 4.
func gamespy(b []byte) (Kind, Side) {
	switch {
	case has(b, 0, "\xfe\xfd\x09") && len(b) == 7, has(b, 0, "\xfe\xfd\x00") && len(b) >= 7 && len(b) <= 15:
		return "gamespy-query", Originator
	case len(b) < 32 && has(b, 0, "\\basic\\"):
		return "gamespy-basic", Originator
	case len(b) < 32 && (has(b, 0, "\\status\\") || has(b, 0, "\\info\\")):
		return "gamespy-query", Originator
	}
	return "", Unknown
}

// minetest recognises the packets of Luanti, which was Minetest: the server is peer 1.
func minetest(b []byte) (Kind, Side) {
	switch {
	case be32(b, 0) != 0x4f457403 || len(b) < 8:
		return "", Unknown
	case be16(b, 4) == 1:
		return "minetest-answer", Responder
	}
	return "minetest-packet", Originator
}

// openttd recognises the search for OpenTTD servers: a length, a type.
func openttd(b []byte) (Kind, Side) {
	if len(b) == 3 && b[0] == 3 && b[1] == 0 && b[2] == 0 {
		return "openttd-find", Originator
	}
	return "", Unknown
}

// rcon recognises the console of Source's game servers: its length, a number, a kind, text
// and two zeros.
func rcon(b []byte) (Kind, Side) {
	n := len(b)
	if n < 14 || le32(b, 0) != int64(n-4) || !zero(b, n-2, n) || !printable(b[12:n-2]) {
		return "", Unknown
	}
	switch le32(b, 8) {
	case 3:
		return "rcon-auth", Originator
	case 0, 2:
		if n == 14 {
			return "rcon-answer", Responder
		}
	}
	return "", Unknown
}

// battlEye recognises the console of games that BattlEye watches (its "RCon protocol"): two
// letters, CRC-32 of the rest, ones, a kind.
func battlEye(b []byte) (Kind, Side) {
	if len(b) < 8 || !has(b, 0, "BE") || b[6] != 0xff || le32(b, 2) != int64(crc32.ChecksumIEEE(b[6:])) {
		return "", Unknown
	}
	switch {
	case b[7] == 0 && len(b) == 9 && b[8] <= 1: // let in or not; nobody has a word of one such letter
		return "battleye-answer", Responder
	case b[7] == 0:
		return "battleye-login", Originator
	case b[7] == 1 && len(b) == 9, b[7] == 2 && len(b) == 9: // nothing asked to stay connected, or a message acknowledged
		return "battleye-command", Unknown
	case b[7] == 2:
		return "battleye-answer", Responder
	case b[7] == 1:
		return "battleye-command", Unknown
	}
	return "", Unknown
}

// enet recognises how ENet connects two peers (its protocol.h): no number yet, the command to
// connect on the channel of all, and sizes that may be.
func enet(b []byte) (Kind, Side) {
	i := 4
	if at(b, 4) == 1 && at(b, 5) == 0xff { // the other's command acknowledged first
		i = 12
	}
	if n := len(b) - i; n != 44 && n != 48 || at(b, i+1) != 0xff || be16(b, i+2) < 1 || be32(b, i+8) < 576 || be32(b, i+8) > 4096 || be32(b, i+16) < 1 || be32(b, i+16) > 255 || be32(b, i+28) != 5000 {
		return "", Unknown
	}
	switch {
	case b[i] == 0x82 && be16(b, 0)&0x8fff == 0x8fff:
		return "enet-connect", Originator
	case b[i] == 0x83:
		return "enet-answer", Responder
	}
	return "", Unknown
}

// warcraft recognises how a player logs in at a realm of World of Warcraft: a length, and the
// game's name the other way round.
func warcraft(b []byte) (Kind, Side) {
	if b[0] == 0 && at(b, 1) <= 8 && le16(b, 2) == len(b)-4 && len(b) >= 34 && (has(b, 4, "WoW\x00") || has(b, 4, "\x00WoW")) {
		return "wow-login", Originator
	}
	return "", Unknown
}
