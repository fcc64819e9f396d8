package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// manualCommand prints what a package installs beside the program, made from the command
// tree itself.
func manualCommand(con *console) *cli.Command {
	return &cli.Command{
		Name:      "manual",
		Usage:     "print the manual page, or a shell's completion",
		ArgsUsage: "man|bash|zsh|fish",
		Description: `  earshot manual man > earshot.1
  source <(earshot manual bash)

exit status: 0 done, 1 failed, 2 usage`,
		Action: func(c *cli.Context) error {
			text, err := manual(c)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(con.out, strings.TrimRight(text, "\n"))
			return err
		},
	}
}

func manual(c *cli.Context) (string, error) {
	if c.NArg() != 1 {
		return "", usagef("manual takes one of man, bash, zsh, fish")
	}
	switch c.Args().First() {
	case "man":
		return manPage(c.App), nil
	case "fish":
		return c.App.ToFishCompletion()
	case "bash":
		return bashCompletion, nil
	case "zsh":
		return zshCompletion, nil
	}
	return "", usagef("manual knows man, bash, zsh and fish, not %s", c.Args().First())
}

// manPage is the manual page: the help text of the program and of each command, and what
// belongs to all of them.
func manPage(a *cli.App) string {
	var b strings.Builder
	block := func(macro, title, text string) {
		fmt.Fprintf(&b, ".%s %s\n.nf\n%s\n.fi\n", macro, title, roff(strings.Trim(text, "\n")))
	}
	section := func(title, text string) { block("SH", title, text) }
	fmt.Fprintf(&b, ".TH earshot 1\n.nh\n.ad l\n.SH NAME\nearshot \\- %s\n", roff(a.Usage))
	section("SYNOPSIS", "earshot COMMAND [flags]")
	_, commands, _ := strings.Cut(appHelp(a), "commands:\n")
	section("COMMANDS", commands)
	b.WriteString(".SH THE COMMANDS, ONE BY ONE\n")
	var tell func(c *cli.Command, full string)
	tell = func(c *cli.Command, full string) {
		_, text, _ := strings.Cut(commandHelp(c, full), "\n") // without the title
		block("SS", full, c.Usage+"\n"+text)
		for _, s := range c.Subcommands {
			tell(s, full+" "+s.Name)
		}
	}
	for _, c := range a.VisibleCommands() {
		tell(c, a.Name+" "+c.Name)
	}
	section("EXIT STATUS", `0    done
1    failed
2    usage, settings or a filter that are wrong
3    finished, and a part of the input could not be read
4    report --changes --fail-on change: something has changed
130  interrupted`)
	section("ENVIRONMENT", `Each flag has a variable: EARSHOT_STATE for --state, EARSHOT_QUIET_HOURS for
--quiet-hours. Values of flags that may be repeated stand between commas. The command
line comes before the environment, the environment before the file of --config
(EARSHOT_CONFIG).`)
	section("SIGNALS", `Of listen -i and watch: SIGTERM and SIGINT write what was learned and end with 0, SIGHUP
reads settings and signatures again, SIGUSR1 prints a line of what goes on.`)
	section("FILES", `/etc/earshot/earshot.yaml     settings of the packaged services
/var/lib/earshot/state.db     their state`)
	section("THE STATE", `A state is an SQLite file. sqlite3 reads these views, with times as text (UTC):
hosts     address vlan vni names macs os devices services first last
names     what a host is called, its hardware addresses, systems and clients, and where
          each was heard: address kind value source first last
ports     seen open, or refused: address vlan vni port proto state reason first last
          count origin
services  pieces of evidence: address vlan vni port proto method sensor service tunnel
          product version info hostname os device cpe probe request signature first last
          count origin size banner tls
changes   time change address proto port from to
ledger    the questions of probe and watch: time address proto port why asked outcome
          packets_sent packets_received bytes_sent bytes_received ms
sensors   name runs first_run last_run`)
	return b.String()
}

// roff makes text safe in a manual page.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

// The program itself knows what may follow: it is asked with one more flag.
const bashCompletion = `_earshot() {
    local cur="${COMP_WORDS[COMP_CWORD]}" words
    words="$("${COMP_WORDS[@]:0:COMP_CWORD}" $([[ "$cur" == -* ]] && printf %s "$cur") --generate-bash-completion 2>/dev/null)"
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o bashdefault -o default -F _earshot earshot
`

const zshCompletion = `#compdef earshot
_earshot() {
    local -a words_found
    local cur="${words[CURRENT]}"
    if [[ "$cur" == -* ]]; then
        words_found=("${(@f)$("${words[@]:0:$((CURRENT-1))}" "$cur" --generate-bash-completion 2>/dev/null)}")
    else
        words_found=("${(@f)$("${words[@]:0:$((CURRENT-1))}" --generate-bash-completion 2>/dev/null)}")
    fi
    if (( ${#words_found} )); then
        compadd -a words_found
    else
        _files
    fi
}
# As a file of $fpath this is the function's first call; sourced, it is made known.
if [[ "${funcstack[1]}" == _earshot ]]; then
    _earshot "$@"
else
    compdef _earshot earshot
fi
`
