# The HTML report as a browser shows it; skipped where there is none to drive.
set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Debian's python3 has Debian's selenium.
python=/usr/bin/python3
[ -x "$python" ] || { echo "skipped: there is no $python"; exit 77; }
TMPDIR=$folder "$python" tests/html/test_page.py "${DNSBLAME:?names the program}" \
    "${SAMPLE_PAGE:?names the program that prints invented pages}" "$folder" ${SCREENSHOTS:+"$SCREENSHOTS"}
