# Sourced by the tests of the fleet: a ClickHouse of their own on loopback, all of it below $folder, which they have made.
# Skips the test where none is installed.

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
skip() {
    echo "SKIPPED: $*"
    exit 77
}
command -v clickhouse-server >/dev/null && command -v clickhouse-client >/dev/null || skip "clickhouse-server and clickhouse-client are not installed"
for tool in python3 curl; do
    command -v $tool >/dev/null || skip "$tool is not installed"
done

free_ports() {
    python3 - "$1" <<'EOF'
import socket
import sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for each in sockets:
    each.bind(("127.0.0.1", 0))
print(*[each.getsockname()[1] for each in sockets])
EOF
}

# clickhouse_configure: the ports stay the same over restarts. The user `sensor` has a password.
clickhouse_configure() {
    read -r http tcp interserver <<<"$(free_ports 3)"
    url=http://127.0.0.1:$http/fleet
    mkdir -p "$folder/clickhouse"
    cat >"$folder/clickhouse/config.xml" <<EOF
<yandex>
    <logger><level>error</level><log>$folder/clickhouse/log</log><errorlog>$folder/clickhouse/errors</errorlog></logger>
    <http_port>$http</http_port><tcp_port>$tcp</tcp_port><interserver_http_port>$interserver</interserver_http_port>
    <listen_host>127.0.0.1</listen_host>
    <path>$folder/clickhouse/data/</path><tmp_path>$folder/clickhouse/tmp/</tmp_path>
    <users_config>$folder/clickhouse/users.xml</users_config>
    <default_profile>default</default_profile><default_database>default</default_database>
    <mark_cache_size>16777216</mark_cache_size><timezone>UTC</timezone>
    $1
</yandex>
EOF
    cat >"$folder/clickhouse/users.xml" <<EOF
<yandex>
    <profiles><default><max_memory_usage>500000000</max_memory_usage></default></profiles>
    <users>
        <default><password></password><networks><ip>127.0.0.1</ip></networks>
            <profile>default</profile><quota>default</quota></default>
        <sensor><password>s3cret &amp; long</password><networks><ip>127.0.0.1</ip></networks>
            <profile>default</profile><quota>default</quota></sensor>
    </users>
    <quotas><default></default></quotas>
</yandex>
EOF
}

clickhouse_start() {
    clickhouse-server --config-file="$folder/clickhouse/config.xml" >"$folder/clickhouse/out" 2>&1 &
    clickhouse=$!
    for _ in $(seq 300); do
        ask 'SELECT 1' >/dev/null 2>&1 && return
        kill -0 $clickhouse 2>/dev/null || break
        sleep 0.1
    done
    fail "ClickHouse does not start: $(cat "$folder/clickhouse/out" "$folder/clickhouse/errors")"
}

# clickhouse_kill [SIGNAL]
clickhouse_kill() {
    [ -z "${clickhouse:-}" ] && return
    kill "-${1:-KILL}" "$clickhouse" 2>/dev/null || true
    wait "$clickhouse" 2>/dev/null || true
    clickhouse=
}

# ask SQL: in no database in particular.
ask() { curl -sS --fail-with-body --max-time 60 --data-binary "$1" "http://127.0.0.1:$http/"; }
