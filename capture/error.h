/* The text of what went wrong, owned by the caller, filled by whoever fails.
 * Only the cli prints it. Traffic that is malformed is never an error. */
#ifndef CAPTURE_ERROR_H
#define CAPTURE_ERROR_H

struct error {
    char text[512];
};

/* Formats into `error` (NULL is fine) and returns -1, so that a step can end with it. Messages are
 * lower case, without a full stop, the subject first: "day.pcap: offset 1234: record of 0 bytes".
 * Control characters that come out of a file name or of a file are replaced. */
int error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
