//go:build linux && (amd64 || arm64 || riscv64)

package confine

import (
	"fmt"
	"math"
	"os"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data. The arguments have 64 bits, and on these machines the
// lower half comes first: all that is compared here are ints.
const (
	offNumber = 0
	offArch   = 4
	offArgs   = 16
)

// lastKnown is the last system call that was looked at (mseal, Linux 6.10). Those that
// came later are said not to be there, which everybody must be prepared for.
const lastKnown = 462

// restrictCalls lets seccomp refuse the system calls by which something could be sent,
// started, loaded or looked into.
func restrictCalls(p Policy) (missing string, err error) {
	code, err := bpf.Assemble(program(p, packetSockets(), uint32(os.Getpid())))
	if err != nil {
		return "", fmt.Errorf("cannot restrict system calls: %w", err)
	}
	filter := make([]unix.SockFilter, len(code))
	for i, c := range code {
		filter[i] = unix.SockFilter{Code: c.Op, Jt: c.Jt, Jf: c.Jf, K: c.K}
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	r, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	switch {
	case errno == unix.ENOSYS || errno == unix.EINVAL:
		return "this kernel has no seccomp filters: system calls are not restricted", nil
	case errno != 0:
		return "", fmt.Errorf("cannot restrict system calls: %w", errno)
	case r != 0:
		return "", fmt.Errorf("cannot restrict system calls of the thread %d", r)
	}
	return "", nil
}

// packetSockets lists the open sockets that frames could be sent by.
func packetSockets() []uint32 {
	var out []uint32
	for fd := range 4096 {
		if domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN); err == nil && domain == unix.AF_PACKET {
			out = append(out, uint32(fd))
		}
	}
	return out
}

// program is the filter. Most calls are allowed; the kernel remembers which are in any
// case and does not run the filter for them.
func program(p Policy, packets []uint32, pid uint32) []bpf.Instruction {
	var (
		allow  = bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW}
		refuse = bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)}
		absent = bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)}
	)
	out := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: auditArch, SkipTrue: 1},
		bpf.RetConstant{Val: unix.SECCOMP_RET_KILL_PROCESS}, // another machine's numbers
		bpf.LoadAbsolute{Off: offNumber, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpLessOrEqual, Val: lastKnown, SkipTrue: 1},
		absent,
	}
	// on adds what is done about a call; it must end in a return.
	on := func(nr uint32, then ...bpf.Instruction) {
		out = append(out, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: nr, SkipTrue: uint8(min(len(then), math.MaxUint8))})
		out = append(out, then...)
	}
	arg := func(n uint32) bpf.Instruction { return bpf.LoadAbsolute{Off: offArgs + 8*n, Size: 4} }
	// oneOf decides by the argument n: if it is one of some values, then, else otherwise.
	oneOf := func(n uint32, values []uint32, then, otherwise bpf.Instruction) []bpf.Instruction {
		block := []bpf.Instruction{arg(n)}
		for i, v := range values {
			block = append(block, bpf.JumpIf{Cond: bpf.JumpEqual, Val: v, SkipTrue: uint8(len(values) - i)})
		}
		return append(block, otherwise, then)
	}
	// bits decides by whether one of some bits is in the argument n.
	bits := func(n, mask uint32, set, clear bpf.Instruction) []bpf.Instruction {
		return []bpf.Instruction{arg(n), bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: mask, SkipTrue: 1}, clear, set}
	}
	if len(packets) > 64 {
		packets = packets[:64] // more interfaces than a program could listen to
	}
	for _, nr := range []uint32{unix.SYS_WRITE, unix.SYS_WRITEV, unix.SYS_PWRITE64, unix.SYS_PWRITEV, unix.SYS_PWRITEV2, unix.SYS_SENDFILE} {
		on(nr, oneOf(0, packets, refuse, allow)...)
	}
	on(unix.SYS_SPLICE, oneOf(2, packets, refuse, allow)...)
	for _, nr := range []uint32{unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG} {
		if p.Ask {
			on(nr, oneOf(0, packets, refuse, allow)...)
		} else {
			on(nr, refuse)
		}
	}
	if p.Ask {
		on(unix.SYS_SOCKET, oneOf(0, []uint32{unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK}, allow, refuse)...)
	} else {
		on(unix.SYS_SOCKET, refuse)
		on(unix.SYS_CONNECT, refuse)
		// A packet socket follows its interface when that is made anew.
		on(unix.SYS_BIND, oneOf(0, packets, allow, refuse)...)
	}
	on(unix.SYS_LISTEN, refuse)
	if !p.Serve {
		on(unix.SYS_ACCEPT, refuse)
		on(unix.SYS_ACCEPT4, refuse)
	}
	// Threads, but no processes. glibc tries clone3, whose flags cannot be seen, first.
	on(unix.SYS_CLONE, bits(0, unix.CLONE_THREAD, allow, refuse)...)
	on(unix.SYS_CLONE3, absent)
	// Signals to itself only: the runtime's, and that by which it dies.
	on(unix.SYS_KILL, oneOf(0, []uint32{pid}, allow, refuse)...)
	on(unix.SYS_TGKILL, oneOf(0, []uint32{pid}, allow, refuse)...)
	// No new code.
	for _, nr := range []uint32{unix.SYS_MMAP, unix.SYS_MPROTECT, unix.SYS_PKEY_MPROTECT} {
		on(nr, bits(2, unix.PROT_EXEC, refuse, allow)...)
	}
	// No other number for a packet socket.
	on(unix.SYS_FCNTL, oneOf(1, []uint32{unix.F_DUPFD, unix.F_DUPFD_CLOEXEC}, refuse, allow)...)
	// No words put into the terminal's input.
	on(unix.SYS_IOCTL, oneOf(1, []uint32{unix.TIOCSTI, unix.TIOCLINUX}, refuse, allow)...)
	for _, nr := range refused() {
		on(nr, refuse)
	}
	for _, nr := range machineRefused() {
		on(nr, refuse)
	}
	return append(out, allow)
}

// refused lists the calls that nobody here needs, whatever their arguments.
func refused() []uint32 {
	return []uint32{
		// Other programs, and other ways to do what is refused.
		unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
		unix.SYS_PROCESS_MADVISE, unix.SYS_KCMP, unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD, unix.SYS_PIDFD_SEND_SIGNAL,
		unix.SYS_TKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO,
		unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER, unix.SYS_IO_SETUP, unix.SYS_IO_SUBMIT,
		unix.SYS_SOCKETPAIR, unix.SYS_DUP, unix.SYS_DUP3, unix.SYS_TEE, unix.SYS_VMSPLICE, unix.SYS_MEMFD_CREATE,
		unix.SYS_SHMGET, unix.SYS_SHMAT, unix.SYS_MSGGET, unix.SYS_SEMGET, unix.SYS_MQ_OPEN,
		// The kernel and the machine.
		unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_SYSLOG, unix.SYS_ACCT, unix.SYS_QUOTACTL,
		unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_REBOOT,
		unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME,
		unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME, unix.SYS_CLOCK_ADJTIME, unix.SYS_ADJTIMEX,
		unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL, unix.SYS_PERSONALITY,
		// Another view of the files, and what Landlock does not look at.
		unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE, unix.SYS_FSOPEN, unix.SYS_FSMOUNT,
		unix.SYS_FSCONFIG, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_SETNS, unix.SYS_UNSHARE,
		unix.SYS_NAME_TO_HANDLE_AT, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_FANOTIFY_INIT,
		unix.SYS_FCHMODAT, unix.SYS_FCHMODAT2, unix.SYS_FCHOWNAT, unix.SYS_UTIMENSAT, unix.SYS_MKNODAT,
		unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_REMOVEXATTR, unix.SYS_LREMOVEXATTR,
		// Other users and capabilities.
		unix.SYS_SETUID, unix.SYS_SETGID, unix.SYS_SETREUID, unix.SYS_SETREGID, unix.SYS_SETRESUID, unix.SYS_SETRESGID,
		unix.SYS_SETGROUPS, unix.SYS_SETFSUID, unix.SYS_SETFSGID, unix.SYS_CAPSET,
	}
}
