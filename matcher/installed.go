package matcher

import (
	"os"
	"path/filepath"
	"runtime"
)

// InstalledNmap lists the places where an nmap on this machine may keep its
// probe file, most specific first: $NMAPDIR, the user's own directory, then the
// data directories of the usual packages (nmap.org/book/data-files-replacing-data-files.html). That a path
// is listed does not mean that it exists.
func InstalledNmap() []string {
	const name = "nmap-service-probes"
	var dirs []string
	if d := os.Getenv("NMAPDIR"); d != "" {
		dirs = append(dirs, d)
	}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Join(home, ".nmap"))
	}
	switch runtime.GOOS {
	case "windows":
		for _, v := range []string{"ProgramFiles(x86)", "ProgramFiles"} {
			if d := os.Getenv(v); d != "" {
				dirs = append(dirs, filepath.Join(d, "Nmap"))
			}
		}
	case "darwin":
		dirs = append(dirs, "/opt/homebrew/share/nmap", "/usr/local/share/nmap", "/opt/local/share/nmap")
	default:
		dirs = append(dirs, "/usr/local/share/nmap", "/usr/share/nmap", "/snap/nmap/current/usr/share/nmap", "/home/linuxbrew/.linuxbrew/share/nmap")
	}
	for i := range dirs {
		dirs[i] = filepath.Join(dirs[i], name)
	}
	return dirs
}

// FindNmap returns the first of InstalledNmap's paths that is a file, or "".
func FindNmap() string {
	for _, p := range InstalledNmap() {
		if st, err := os.Stat(p); err == nil && st.Mode().IsRegular() {
			return p
		}
	}
	return ""
}
