/*
 * The PROXY header, versions 1 and 2, as HAProxy's proxy-protocol.txt has it:
 * what a proxy in front says of the connection, before the client's first byte.
 * Read only from peers that are configured to send it.
 */
#ifndef LOGIN_PROXY_H
#define LOGIN_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "handoff.h"
#include "util/network.h"

enum {
	PROXY_V1_MAX = 107,	/* the text form cannot be longer */
	/*
	 * The binary form could be 64 k; what proxies send (addresses, TLS facts, a
	 * unique id, checksums) stays below this.
	 */
	PROXY_V2_MAX = 2048,
};

struct proxy {
	bool local;		/* the proxy speaks for itself (a health check), or does not know */
	struct network_address client;	/* family 0: not known */
	bool tls;		/* the client came by TLS */
	bool certificate;	/* with a certificate that the proxy verified */
	char name[HANDOFF_NAME_MAX + 1];	/* its common name, or "" */
};

enum { PROXY_MORE = 0, PROXY_BAD = -1 };

/*
 * Look at the bytes that came so far. How many of them are the header;
 * PROXY_MORE when it is not whole yet; PROXY_BAD when it cannot become one.
 */
int proxy_parse(const unsigned char *bytes, size_t len, struct proxy *out);

#endif
