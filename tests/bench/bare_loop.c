/* The measure of all ratios: libpcap's own loop over a capture, doing nothing.
 *
 * usage: bare_loop FILE */
#include <pcap/pcap.h>
#include <stdio.h>

static void count(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    (void)header;
    (void)bytes;
    ++*(unsigned long long *)(void *)user;
}

int main(int argc, char **argv)
{
    char text[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = argc == 2 ? pcap_open_offline(argv[1], text) : NULL;
    unsigned long long packets = 0;

    if (!pcap) {
        fprintf(stderr, "usage: bare_loop FILE\n");
        return 2;
    }
    pcap_loop(pcap, -1, count, (u_char *)&packets);
    pcap_close(pcap);
    printf("%llu\n", packets);
    return 0;
}
