package confine

// beforeUser does what only root can.
func beforeUser() error { return dropBounds() }
