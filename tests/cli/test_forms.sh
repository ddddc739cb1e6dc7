# A real capture in five parts, as pcapng, compressed or with neighbouring packets swapped gives the same
# incidents as it does whole.
command -v python3 >/dev/null || exit 77
python3 tests/cli/forms.py "${DNSBLAME:?names the program}" pcaps/*.pcap*
