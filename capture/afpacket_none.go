//go:build !linux

package capture

import "errors"

func openRings([]string, *LiveConfig) (listener, error) {
	return nil, errNotHere{errors.New("only Linux has AF_PACKET; there is --capture libpcap")}
}
