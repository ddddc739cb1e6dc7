/* Makes bytes of strangers (EDE texts, file names) safe to print anywhere: valid UTF-8 without
 * control characters, bidirectional overrides or line separators. What is not comes as \xNN, a
 * backslash as \\, so that nothing is lost and nothing is ambiguous. */
#ifndef REPORT_SAFE_H
#define REPORT_SAFE_H

#include <stddef.h>

#include "correlate/incident.h"

/* The longest that `size` octets can become, with the NUL. */
#define SAFE_TEXT_SIZE(size) (4 * (size) + 1)

/* Returns `text`; what does not fit is left out, whole escapes only. */
const char *safe_text(const void *bytes, size_t size, char *text, size_t text_size);
/* The same for sentences of ours, in which backslashes are escapes already. */
const char *safe_prose(const char *sentence, char *text, size_t text_size);
/* An EDE's text; a NUL at its end, which RFC 8914 section 2 allows, is not part of it. */
const char *safe_ede(const struct incident_ede *ede, char text[SAFE_TEXT_SIZE(EDE_TEXT_SIZE)]);

#endif
