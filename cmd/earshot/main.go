// Command earshot tells what runs on every host and port of a network, mostly
// by listening.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"earshot/capture"
)

func main() { os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr)) }

// Exit codes; README.md has them, too.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitPartial     = 3
	exitChanged     = 4
	exitInterrupted = 130
)

// run builds the chain, runs it, and maps what came of it to an exit code.
func run(args []string, in io.Reader, out, errw io.Writer) int {
	tuneCollector()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	con := &console{in: in, out: out, errw: errw}
	a := app(con)
	if len(args) > 1 && args[1] == "help" {
		args = append(append(args[:1:1], args[2:]...), "-h")
	}
	args, err := nmapWords(a, args)
	if err == nil {
		args, err = resumed(args)
	}
	con.words = wordsOf(args)
	con.again = func(act func(*cli.Context) error) error {
		a := app(&console{in: strings.NewReader(""), out: io.Discard, errw: io.Discard})
		for _, c := range a.Commands {
			c.Action = act
		}
		return a.RunContext(ctx, args)
	}
	if err == nil {
		err = a.RunContext(ctx, args)
	}
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errNoMatch): // the answer has been given
		return exitFailed
	case errors.Is(err, errChanged):
		return exitChanged
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(errw, "earshot: interrupted")
		return exitInterrupted
	}
	complain(errw, err)
	switch {
	case errors.As(err, new(usageError)):
		return exitUsage
	case errors.As(err, new(nothingRead)):
		return exitFailed
	case errors.Is(err, capture.ErrPartial):
		return exitPartial
	}
	return exitFailed
}

// console is what a command reads from and writes to.
type console struct {
	in   io.Reader
	out  io.Writer // results
	errw io.Writer // everything else

	words string // the command line, for the state of a command that can be resumed

	again func(act func(*cli.Context) error) error // reads the command line once more, and acts otherwise
}

// nothingRead is a run that ends before it begins: of no file, not even a part could
// be read.
type nothingRead struct{ error }

// Unwrap returns the single causes.
func (e nothingRead) Unwrap() []error {
	if j, ok := e.error.(interface{ Unwrap() []error }); ok {
		return j.Unwrap()
	}
	return []error{e.error}
}

// errNoMatch is the negative answer of a command that asks a question.
var errNoMatch = errors.New("no")

// app is the command tree.
func app(con *console) *cli.App {
	a := &cli.App{
		Name:                      "earshot",
		Usage:                     "hear what runs on every host and port of a network",
		Writer:                    con.out,
		ErrWriter:                 con.errw,
		HideVersion:               true,
		HideHelpCommand:           true,
		EnableBashCompletion:      true,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {}, // run does it
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "version", Aliases: []string{"V"}, Usage: "say which earshot this is"},
		},
		Commands: []*cli.Command{
			listenCommand(con),
			probeCommand(con),
			watchCommand(con),
			reportCommand(con),
			explainCommand(con),
			mergeCommand(),
			matchCommand(con),
			fingerprintCommand(con),
			signaturesCommand(con),
			manualCommand(con),
			versionCommand(con),
		},
		Action: func(c *cli.Context) error {
			switch {
			case c.Bool("version"):
				return printVersion(con.out)
			case c.Args().Present():
				return noCommand(c.Args().First(), c.App.Commands, "", "earshot")
			}
			return cli.ShowAppHelp(c)
		},
		OnUsageError: func(c *cli.Context, err error, _ bool) error { return misused(err, c.App.Flags, "earshot") },
	}
	a.CustomAppHelpTemplate = appHelp(a)
	for _, c := range a.Commands {
		if flagOf(c, "state") != nil || flagOf(c, "versiondb") != nil {
			c.Flags = append(c.Flags, configFlag())
			c.Before = settings(a)
		}
		settle(c, a.Name)
	}
	return a
}

// settle gives a command, and those below it, what they all have: a help text, and
// usage errors that are one line.
func settle(c *cli.Command, parent string) {
	full := parent + " " + c.Name
	c.HideHelpCommand = true
	c.CustomHelpTemplate = commandHelp(c, full)
	c.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return misused(err, c.Flags, full) }
	for _, s := range c.Subcommands {
		settle(s, full)
	}
	if len(c.Subcommands) > 0 && c.Action == nil {
		c.Action = func(ctx *cli.Context) error {
			if ctx.Args().Present() {
				return noCommand(ctx.Args().First(), c.Subcommands, " below "+full, full)
			}
			return usagef("%s needs one of its commands; see %s -h", full, full)
		}
	}
}
