# The alert rules hold what they promise, and every query of the dashboard is one.
set -eu
command -v promtool >/dev/null || { echo "promtool is not there (package prometheus)"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

promtool check rules dist/prometheus/dnsblame.rules.yml
promtool test rules dist/prometheus/dnsblame.rules.test.yml

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
