# The package holds what it should, where it should be, and nothing that lintian calls an error.
set -eu
command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null ||
    { echo "dpkg-dev is not there"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

build=$(dirname "$DNSBLAME")
(cd "$build" && cpack -G DEB -B "$folder" >"$folder/log" 2>&1) || fail "cpack: $(cat "$folder/log")"
package=$(echo "$folder"/dnsblame_*.deb)
[ -e "$package" ] || fail "no package"
dpkg-deb -c "$package" | awk '{ print $6 }' >"$folder/files"
dpkg-deb -f "$package" >"$folder/control"

daily="./usr/bin/dnsblame-daily ./usr/lib/systemd/system/dnsblame-report.timer ./usr/lib/systemd/system/dnsblame-report.service"
ship="./usr/lib/systemd/system/dnsblame-ship.service ./etc/dnsblame/ship.env ./usr/share/dnsblame/clickhouse/schema.sql"
for file in $daily $ship ./usr/bin/dnsblame ./etc/dnsblame/daily.env ./etc/dnsblame/dnsblame.conf ./usr/lib/systemd/system/dnsblame.service \
    ./usr/lib/sysusers.d/dnsblame.conf ./usr/share/man/man1/dnsblame.1.gz ./usr/share/man/man5/dnsblame.conf.5.gz \
    ./usr/share/bash-completion/completions/dnsblame ./usr/share/dnsblame/dnsblame.rules.yml \
    ./usr/share/dnsblame/dnsblame.json ./usr/share/doc/dnsblame/copyright; do
    grep -qxF "$file" "$folder/files" || fail "$file is not in the package"
done
! grep -q '^\./usr/local' "$folder/files" || fail "the package goes into /usr/local"
for library in libpcap0.8 libsqlite3-0 libldns3 libjansson4 libcurl4 libc6; do
    grep -q "^Depends:.* $library\( \|,\|$\)" "$folder/control" || fail "it does not depend on $library"
done
dpkg-deb -I "$package" conffiles | grep -qx /etc/dnsblame/dnsblame.conf || fail "the configuration is no conffile"

dpkg-deb -x "$package" "$folder/root"
grep -q '^ExecStart=/usr/bin/dnsblame .*/etc/dnsblame/dnsblame.conf$' \
    "$folder/root/usr/lib/systemd/system/dnsblame.service" || fail "the unit starts something else"

# Elsewhere everything stays below the prefix, and what was edited stays.
for round in 1 2; do
    cmake --install "$build" --prefix "$folder/prefix" >"$folder/log" 2>&1 || fail "$(cat "$folder/log")"
    [ $round = 2 ] || echo "# mine" >"$folder/prefix/etc/dnsblame/dnsblame.conf"
done
grep -qx "# mine" "$folder/prefix/etc/dnsblame/dnsblame.conf" || fail "the configuration was overwritten"
grep -q "^ExecStart=$folder/prefix/bin/dnsblame" "$folder/prefix/lib/systemd/system/dnsblame.service" ||
    fail "the unit does not start what was installed"

if command -v systemd-analyze >/dev/null; then
    systemd-analyze verify --man=no "$folder"/prefix/lib/systemd/system/dnsblame* >"$folder/log" 2>&1 ||
        fail "systemd-analyze: $(cat "$folder/log")"
    [ ! -s "$folder/log" ] || fail "systemd-analyze: $(cat "$folder/log")"
fi
if command -v lintian >/dev/null; then
    lintian --allow-root --fail-on error "$package" || fail "lintian"
fi
