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
		return c.App.ToManWithSection(1)
	case "fish":
		return c.App.ToFishCompletion()
	case "bash":
		return bashCompletion, nil
	case "zsh":
		return zshCompletion, nil
	}
	return "", usagef("manual knows man, bash, zsh and fish, not %s", c.Args().First())
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
compdef _earshot earshot
`
