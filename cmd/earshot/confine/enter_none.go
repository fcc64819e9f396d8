//go:build !linux

package confine

// Enter confines nothing on this system, and says so.
func Enter(Policy) (missing []string, err error) {
	return []string{"this system has neither Landlock nor seccomp: only the user's permissions hold"}, nil
}
