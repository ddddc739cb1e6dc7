/* Questions can name a client: reverse names, and names that providers make of their customers'
 * addresses (decode/embedded.h). Where clients are anonymised, these names are, too. */
#ifndef CORRELATE_HIDE_H
#define CORRELATE_HIDE_H

#include "correlate/incident.h"

/* In what was asked, of the incident and in its evidence, and where its texts repeat it: labels
 * that hold an address become one, "hidden". Zones and servers stay: they are nobody's. */
void incident_hide_names(struct incident *incident);

#endif
