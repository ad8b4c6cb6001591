/*
 * Internet addresses as bytes: read, compared with ranges, written. An IPv4
 * address inside an IPv6 one (::ffff:192.0.2.1) is the IPv4 address.
 */
#ifndef UTIL_NETWORK_H
#define UTIL_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { NETWORK_TEXT = 46 };	/* room for every address as text, with its NUL */

struct network_address {
	uint8_t family;		/* 4, 6, or 0: unknown or not of the internet */
	uint8_t bytes[16];	/* 4 or 16 of them, the rest is zero */
	uint16_t port;		/* 0: unknown */
};

struct network_range {
	struct network_address from;	/* family 0: "local", all that is not of the internet */
	unsigned bits;			/* how many leading bits must agree */
};

/* The text of an address, perhaps with a scope ("fe80::1%eth0"). False: it is none. */
bool network_parse(const char *text, size_t len, struct network_address *out);

/* What the kernel tells of a socket. False for anything but IPv4 and IPv6. */
bool network_from_kernel(const struct sockaddr *from, socklen_t len, struct network_address *out);

/* "192.0.2.1", "2001:db8::1", "local". */
const char *network_format(const struct network_address *address, char text[NETWORK_TEXT]);

/* An address, an address/bits, or the word "local". False: it is none. */
bool network_range_parse(const char *text, size_t len, struct network_range *out);

bool network_in(const struct network_range *range, const struct network_address *address);

/* 127.0.0.0/8 and ::1. */
bool network_is_loopback(const struct network_address *address);

#endif
