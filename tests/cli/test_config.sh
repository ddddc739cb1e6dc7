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
run read --config nosuch.conf a.pcap # as with every other file that is not there
exits 1; complains "nosuch.conf"
run read --trust-anchor nosuch.anchor a.pcap
exits 1; complains "nosuch.anchor"

# One file for all commands: what only another one can use is passed over.
cat >all.conf <<END
db = x.db
format = html
from = http://192.0.2.1:8123
END
run read --quiet --sensor tap-7 --config all.conf a.pcap
exits 0; is_silent
run list --config all.conf
exits 0; is_silent; says "w0.example."
run report --config all.conf --from 1970-01-01
exits 1; complains "192.0.2.1" # both are for a report
run report --config all.conf --db x.db --format text
exits 0; is_silent; says "by tap-7" # the database that is named here
run report --db x.db --from http://192.0.2.1:8123
exits 2; complains "--db and --from URL"
printf 'db = x.db\nfrom = 1970-01-01\nformat = html\n' >all.conf
run report --config all.conf
exits 0; says "<html"
run show --config all.conf 0000
exits 1; complains "there is no incident"

# Errors of the file name it, whatever they are about.
bad_for() { printf "$2" >bad.conf; run "$1" --config bad.conf; exits 2; complains "bad.conf: line $3"; complains "$4"; }
bad_for list 'format = xml\n' 1 "format: there is no 'xml'"
bad_for read 'format = xml\n' 1 "format: there is no 'xml'"
bad_for list '\ntimezone = Mars/Base\n' 2 "timezone: there is no time zone"
bad_for list 'db =\n' 1 "db: a value is missing"
bad_for list 'day = someday\n' 1 "day: 'someday'"
bad_for report 'from = then\n' 1 "from: 'then'"
bad_for list 'since = 1y\n' 1 "since: '1y'"
both() { printf "$2" >bad.conf; run "$1" --config bad.conf a.pcap; exits 2; complains "bad.conf: $3"; }
both read 'quiet = yes\nverbose = yes\n' "--quiet and --verbose"
both report 'day = today\nfrom = 10:00\n' "--day stands alone"
printf 'db = x.db\ndb = y.db\n' >two.conf
run list --config two.conf
exits 2; complains "one --db only"
run list --config two.conf --db x.db
exits 0; is_silent

# The command line prevails over what excludes it, too.
printf 'quiet = yes\nday = today\n' >some.conf
run read --verbose --config some.conf a.pcap
exits 0; is_silent; says "Summary"
run list --db x.db --config some.conf --from 1970-01-01
exits 0; is_silent; says "w0.example."
