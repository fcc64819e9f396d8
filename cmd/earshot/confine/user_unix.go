//go:build unix

package confine

import (
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"syscall"
)

// Become makes the process, all threads of it, that of a user, given by name or number,
// with the user's groups. It needs root, unless it is that user's already.
func Become(name string) error {
	u, err := user.Lookup(name)
	if err != nil {
		if u, err = user.LookupId(name); err != nil {
			return fmt.Errorf("there is no user %s", name)
		}
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return fmt.Errorf("the user %s has the number %s", name, u.Uid)
	}
	if uid == os.Getuid() && uid == os.Geteuid() {
		return nil
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return fmt.Errorf("the user %s has the group %s", name, u.Gid)
	}
	groups := []int{gid}
	if ids, err := u.GroupIds(); err == nil {
		for _, id := range ids {
			if n, err := strconv.Atoi(id); err == nil && !slices.Contains(groups, n) {
				groups = append(groups, n)
			}
		}
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("only root can become the user %s", name)
	}
	if err := beforeUser(); err != nil {
		return fmt.Errorf("cannot become the user %s: %w", name, err)
	}
	for _, step := range []func() error{
		func() error { return syscall.Setgroups(groups) },
		func() error { return syscall.Setregid(gid, gid) },
		func() error { return syscall.Setreuid(uid, uid) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("cannot become the user %s: %w", name, err)
		}
	}
	if uid != 0 && syscall.Setuid(0) == nil {
		return fmt.Errorf("cannot become the user %s: root could be had back", name)
	}
	return nil
}
