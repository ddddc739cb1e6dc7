# Manual pages, example configuration and --help speak of the same options.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
options_of() { "$DNSBLAME" "$1" --help | grep -oE '^ {2,6}(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sed 's/^--//'; }

for command in $("$DNSBLAME" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    page=dist/man/dnsblame-$command.1
    [ -e "$page" ] || fail "there is no $page"
    grep -qx "\.It Cm $command" dist/man/dnsblame.1 || fail "dnsblame.1 does not know $command"
    options_of "$command" >"$folder/options"
    grep -oE '(Fl|,) -[a-z][a-z-]+' "$page" | sed -n '/^Fl\|^,/s/.* -//p' | sort -u >"$folder/page"
    while read -r option; do
        grep -qE "^\.It .*(Fl|,) -$option( |$)" "$page" || fail "$page does not know --$option"
        case $option in config | help | version | read) continue ;; esac
        grep -qE "^#?$option = " dist/dnsblame.conf || fail "dnsblame.conf does not know $option"
    done <"$folder/options"
    while read -r option; do
        grep -qxF -- "$option" "$folder/options" || fail "$page: there is no --$option"
    done <"$folder/page"
done

# What stands there as an example can be said, by whichever command.
sed 's/^#\([a-z][a-z-]* = \)/\1/' dist/dnsblame.conf >"$folder/all.conf"
[ "$(grep -c ' = ' "$folder/all.conf")" -gt "$(grep -c '^[a-z-]* = ' dist/dnsblame.conf)" ] ||
    fail "nothing was commented"
for command in $("$DNSBLAME" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    for file in dist/dnsblame.conf "$folder/all.conf"; do
        "$DNSBLAME" "$command" --config "$file" --version >"$folder/out" 2>&1 ||
            fail "$command refuses $file: $(cat "$folder/out")"
    done
done

# The causes in the manual are those of the program.
for cause in $(sed -n 's/^\.It Cm \([a-z]*\.[a-z-]*\)$/\1/p' dist/man/dnsblame.1); do
    ! "$DNSBLAME" list --cause "$cause" --db "$folder/no.db" 2>&1 | grep -q "no cause" ||
        fail "dnsblame.1: $cause is no cause"
done
[ "$(grep -c '^\.It Cm [a-z]*\.[a-z-]*$' dist/man/dnsblame.1)" -eq \
    "$(sed -n '/define CAUSES/,/^$/p' correlate/cause.h | grep -c 'X([A-Z_]*, "')" ] ||
    fail "dnsblame.1 lacks a cause"

command -v mandoc >/dev/null || { echo "mandoc is not there: the pages' form is not checked"; exit 77; }
for page in dist/man/*.[1-8]; do
    mandoc -T lint -W warning "$page" || fail "$page"
    LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -l "$page" 2>&1 >/dev/null | grep . && fail "$page"
    # Pages that it refers to are its neighbours, or somebody else's.
    for other in $(sed -n 's/^\.Xr \(dnsblame[a-z.-]*\) \([1-8]\).*/\1.\2/p' "$page"); do
        [ -e "dist/man/$other" ] || fail "$page: there is no $other"
    done
done
