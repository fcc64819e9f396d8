module earshot

go 1.26.8

require (
	github.com/dlclark/regexp2/v2 v2.12.0
	github.com/google/gopacket v1.1.19
	github.com/klauspost/compress v1.20.3
	golang.org/x/net v0.62.0
)
