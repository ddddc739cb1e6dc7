# The configuration file: keys are the long options, the command line prevails, errors name the line.
. tests/cli/lib.sh
lame_capture "$folder/a.pcap" 1000 1
cd "$folder" || exit 1

cat >good.conf <<END
# who watches
sensor = tap-7   # at the border
format = json

memory = 64
limit = 5
END
run read --config good.conf a.pcap
exits 0; is_silent; says '"sensor":"tap-7"'
run read --config good.conf --sensor other a.pcap
exits 0; says '"sensor":"other"'

bad() { printf "$1" >bad.conf; run read --config bad.conf a.pcap; exits 2; complains "bad.conf: line $2"; complains "$3"; }
bad 'sensor = x\nnonsense = 3\n' 2 "there is no option 'nonsense'"
bad 'sensor\n' 1 "key = value"
bad '\n\nmemory = much\n' 3 "memory: 'much'"
bad 'quiet = perhaps\n' 1 "neither yes nor no"
bad 'config = other.conf\n' 1 "belongs on the command line"
run read --config nosuch.conf a.pcap
exits 2; complains "nosuch.conf"
