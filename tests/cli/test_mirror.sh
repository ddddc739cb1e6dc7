# What a mirror that shows one direction only leaves out is said.
. tests/cli/lib.sh

capture=pcaps/testbed-v6.unbound.pcap
resolver=185.200.10.53

run read "$capture"
says_not "captured:"
says_not "was captured"
run read "$capture" dst port 53
says "Only queries were captured, no responses"
run read "$capture" src port 53
says "Only responses were captured, no queries"
says "unattributed"
run read --resolver $resolver "$capture" "not (src port 53 and src host $resolver)"
says "No answer to a client was captured"
run read "$capture" "not (src port 53 and not src host $resolver)"
says "No answer to an upstream query was captured"
run read "$capture" "not (dst port 53 and not dst host $resolver)"
says "No upstream query was captured, only the answers"
run read "$capture" "not (dst port 53 and dst host $resolver)"
says "No client's question was captured, only the answers"
