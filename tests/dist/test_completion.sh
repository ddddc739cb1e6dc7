# Bash completes commands, options and values, all that there are.
set -eu
library=/usr/share/bash-completion/bash_completion
[ -e $library ] || { echo "bash-completion is not there"; exit 77; }
set +u
. $library
. dist/completion/dnsblame
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# complete_line WORD...: what is offered for the last word, a word a line.
complete_line() {
    COMP_WORDS=("$DNSBLAME" "$@")
    COMP_CWORD=$#
    COMP_LINE="${COMP_WORDS[*]}"
    COMP_POINT=${#COMP_LINE}
    COMPREPLY=()
    _dnsblame "$DNSBLAME" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" || true
    printf '%s\n' "${COMPREPLY[@]}" >"$folder/offered"
}
offers() { grep -qxF -- "$1" "$folder/offered" || fail "$1 is not offered: $(tr '\n' ' ' <"$folder/offered")"; }
offers_not() { ! grep -qxF -- "$1" "$folder/offered" || fail "$1 is offered"; }

commands=$("$DNSBLAME" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
complete_line ""
for command in $commands; do offers "$command"; done

for command in $commands; do
    complete_line "$command" --
    for option in $("$DNSBLAME" "$command" --help | grep -oE '^ {2,6}(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
        offers "$option"
    done
done
complete_line list --c
offers --cause; offers --client; offers_not --db

complete_line list --db x.db --cause ""
for cause in $(sed -n 's/^\.It Cm \([a-z]*\.[a-z-]*\)$/\1/p' dist/man/dnsblame.1); do offers "$cause"; done
[ "$(grep -c '\.' "$folder/offered")" -eq "$(grep -c '^\.It Cm [a-z]*\.[a-z-]*$' dist/man/dnsblame.1)" ] ||
    fail "a cause is offered that is none"
complete_line list --cause=lame.re
offers lame.refused
for command in $commands; do
    "$DNSBLAME" "$command" --help | grep -q -- ' --format ' || continue
    complete_line "$command" --format ""
    offers json
    while read -r format; do
        "$DNSBLAME" "$command" --help | grep -- ' --format ' | grep -qw "$format" || fail "$command: no format $format"
    done <"$folder/offered"
done
complete_line report --db x.db --table ""
sort "$folder/offered" >"$folder/tables"
"$DNSBLAME" report --db x.db --format csv --table no-such 2>&1 | sed 's/.*only //; s/, /\n/g' | sort |
    diff - "$folder/tables" || fail "other tables are offered than there are"
complete_line report --color ""
offers always
touch "$folder/a.pcap"
complete_line read "$folder/a"
offers "$folder/a.pcap"
complete_line read -r "$folder/a"
offers "$folder/a.pcap"
