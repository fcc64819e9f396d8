// Package confine takes from a running process what it will not need: its user's rights,
// capabilities, most of the file system and the system calls that send or start
// something. What has been taken does not come back.
package confine

// Policy says what a process keeps. The zero Policy keeps what is open.
type Policy struct {
	Write []string // folders in which files are read, made, changed and removed
	Read  []string // files that are read, and folders with all that is below them; what is not there is passed over
	Ask   bool     // may open TCP and UDP sockets, and send
	Serve bool     // may accept connections on sockets that listen already
	Brief bool     // a short run: the bounding set of capabilities stays, which only who starts a program could draw on, and takes longest to empty
}
