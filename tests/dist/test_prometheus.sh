# The alert rules hold what they promise, and every query of the dashboard is one.
set -eu
command -v promtool >/dev/null || { echo "promtool is not there (package prometheus)"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

promtool check rules dist/prometheus/dnsblame.rules.yml
promtool test rules dist/prometheus/dnsblame.rules.test.yml

# What alerts tell one to type can be typed.
printf 'db = %s\n' "$folder/w.db" >"$folder/dnsblame.conf"
"$DNSBLAME" read --quiet --db "$folder/w.db" pcaps/refused.kresd.pcap >/dev/null
tr '\n' ' ' <dist/prometheus/dnsblame.rules.yml | tr -s ' ' | grep -o '`dnsblame [^`]*`' | tr -d '`' >"$folder/commands"
[ -s "$folder/commands" ] || { echo "FAILED: alerts name no command" >&2; exit 1; }
while read -r _ command; do
    command=$(echo "$command" | sed "s/{{ \$labels.cause }}/lame.refused/; s|/etc/dnsblame|$folder|")
    # shellcheck disable=SC2086
    "$DNSBLAME" $command >/dev/null || { echo "FAILED: dnsblame $command" >&2; exit 1; }
done <"$folder/commands"

# As rules, with the dashboard's variables filled in.
python3 - dist/grafana/dnsblame.json >"$folder/queries.yml" <<'EOF'
import json, re, sys
dashboard = json.load(open(sys.argv[1]))
queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
assert len(queries) > 15, "the dashboard asks for hardly anything"
print("groups:\n- name: queries\n  rules:")
for number, query in enumerate(queries):
    filled = query.replace("$__rate_interval", "5m").replace("$job", ".+").replace("$instance", ".+")
    assert "$" not in filled, f"a variable that is not known: {query}"
    print(f"  - record: query_{number}\n    expr: {json.dumps(filled)}")
EOF
promtool check rules "$folder/queries.yml"
