# A folder includes itself and folders to its left; libraries stand where they belong; names fit their folder.
set -u
fail() {
    echo "FAILED: $*" >&2
    exit 1
}

flow="capture decode correlate store report cli"
left=""
for folder in $flow; do
    left="$left $folder"
    for included in $(grep -hoE '^#include "[a-z_]+/' "$folder"/*.[ch] | sed 's/.*"//; s,/,,' | sort -u); do
        case " $left " in
        *" $included "*) ;;
        *) fail "$folder/ includes $included/: data flows $flow" ;;
        esac
    done
    # Not even with a header that stands beside: all includes of ours name their folder.
    ! grep -nE '^#include "[^/]*"' "$folder"/*.[ch] || fail "$folder/ includes without naming the folder"
done

# library_only HEADER FOLDER...
library_only() {
    local header=$1 file
    shift
    for file in $(grep -lE "^#include <$header" -- */*.[ch]); do
        case " $* " in
        *" ${file%%/*} "*) ;;
        *) fail "$file includes <$header>, which belongs into $*" ;;
        esac
    done
}
library_only pcap capture
library_only zlib capture report
library_only lzma capture
library_only zstd capture
library_only lz4 capture
library_only ldns/ decode correlate
library_only sqlite3 store report
library_only jansson report
library_only curl/ report
library_only openssl/ cli correlate report
