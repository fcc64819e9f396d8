package confine

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// Enter confines the process, all threads of it: no capability, no way to gain one, only
// the files of the policy (Landlock), and no system call that it does not need (seccomp).
// Files and sockets that are open stay usable, but packet sockets only for receiving.
//
// What this kernel cannot do is returned as one line each; the rest holds. An error means
// that something was refused which should have worked.
func Enter(p Policy) (missing []string, err error) {
	_, _ = time.Now().Local().Zone() // reads the time zone's file while it can be read
	if err := dropCapabilities(p.Brief); err != nil {
		return nil, fmt.Errorf("cannot give up capabilities: %w", err)
	}
	if err := onAllThreads(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0); err != nil {
		return nil, fmt.Errorf("cannot set no_new_privs: %w", err)
	}
	for _, step := range []func(Policy) (string, error){restrictFiles, restrictCalls} {
		lack, err := step(p)
		if err != nil {
			return nil, err
		}
		if lack != "" {
			missing = append(missing, lack)
		}
	}
	return missing, nil
}

// onAllThreads does a system call on every thread.
func onAllThreads(nr, a, b, c uintptr) error {
	if _, _, errno := psx.Syscall6(nr, a, b, c, 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// dropCapabilities empties the five sets of capabilities, without the bounding set if it
// is to be brief: that takes a call for each of forty on every thread.
func dropCapabilities(brief bool) error {
	if !brief {
		if err := dropBounds(); err != nil {
			return err
		}
	}
	err := onAllThreads(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0)
	if err != nil && !errors.Is(err, unix.EINVAL) { // before Linux 4.3 there were none
		return err
	}
	header := &unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	none := &[2]unix.CapUserData{}
	_, _, errno := psx.Syscall3(unix.SYS_CAPSET, uintptr(unsafe.Pointer(header)), uintptr(unsafe.Pointer(none)), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// dropBounds empties the bounding set, if that is allowed: only who may raise
// capabilities may lower it.
func dropBounds() error {
	for c := uintptr(0); c < 64; c++ {
		switch err := onAllThreads(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0); {
		case errors.Is(err, unix.EINVAL), errors.Is(err, unix.EPERM): // there is no such capability; it may not
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}
