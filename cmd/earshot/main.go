// Command earshot tells what runs on every host and port of a network, mostly
// by listening.
package main

func main() {}
