package capture

import "syscall"

// mapFlags: all pages of a window at once, not a fault each.
const mapFlags = syscall.MAP_POPULATE
