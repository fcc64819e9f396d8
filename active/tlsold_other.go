//go:build !linux && !darwin

package active

import (
	"errors"
	"net"

	"earshot/capture"
)

// haveOld reports whether there is a library for old servers.
const haveOld = false

// oldClient would make a handshake as old servers know it.
func oldClient(net.Conn, string) (net.Conn, *capture.TLS, error) {
	return nil, nil, errors.New("no old TLS on this system")
}
