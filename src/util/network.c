/* Internet addresses as bytes. Text is read by inet_pton, after its length was checked. */
#include "util/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "util/ascii.h"

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static void
set_ipv6(struct network_address *out, const uint8_t bytes[16])
{
	if (memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0) {
		out->family = 4;
		memcpy(out->bytes, bytes + 12, 4);
	} else {
		out->family = 6;
		memcpy(out->bytes, bytes, 16);
	}
}

bool
network_parse(const char *text, size_t len, struct network_address *out)
{
	char copy[NETWORK_TEXT];
	uint8_t bytes[16];
	const char *scope = memchr(text, '%', len);

	memset(out, 0, sizeof *out);
	if (scope != NULL)
		len = (size_t)(scope - text);
	if (len == 0 || len >= sizeof copy || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, bytes) == 1) {
		out->family = 4;
		memcpy(out->bytes, bytes, 4);
		return true;
	}
	if (inet_pton(AF_INET6, copy, bytes) == 1) {
		set_ipv6(out, bytes);
		return true;
	}
	return false;
}

bool
network_from_kernel(const struct sockaddr *from, socklen_t len, struct network_address *out)
{
	memset(out, 0, sizeof *out);
	if (len >= sizeof(struct sockaddr_in) && from->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof in);
		out->family = 4;
		memcpy(out->bytes, &in.sin_addr, 4);
		out->port = ntohs(in.sin_port);
		return true;
	}
	if (len >= sizeof(struct sockaddr_in6) && from->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, from, sizeof in6);
		set_ipv6(out, in6.sin6_addr.s6_addr);
		out->port = ntohs(in6.sin6_port);
		return true;
	}
	return false;
}

const char *
network_format(const struct network_address *address, char text[NETWORK_TEXT])
{
	int family = address->family == 4 ? AF_INET : AF_INET6;

	if (address->family == 0
	    || inet_ntop(family, address->bytes, text, NETWORK_TEXT) == NULL)
		strcpy(text, "local");
	return text;
}

bool
network_range_parse(const char *text, size_t len, struct network_range *out)
{
	const char *slash = memchr(text, '/', len);
	size_t address_len = slash != NULL ? (size_t)(slash - text) : len;
	uint64_t bits, most;

	memset(out, 0, sizeof *out);
	if (ascii_is(text, len, "local"))
		return true;
	if (!network_parse(text, address_len, &out->from))
		return false;
	most = out->from.family == 4 ? 32 : 128;
	bits = most;
	if (slash != NULL && !ascii_number(slash + 1, len - address_len - 1, most, &bits))
		return false;
	out->bits = (unsigned)bits;
	return true;
}

bool
network_in(const struct network_range *range, const struct network_address *address)
{
	unsigned whole = range->bits / 8, rest = range->bits % 8;

	if (range->from.family != address->family)
		return false;
	if (memcmp(range->from.bytes, address->bytes, whole) != 0)
		return false;
	return rest == 0 || (range->from.bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}

bool
network_is_loopback(const struct network_address *address)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (address->family == 4)
		return address->bytes[0] == 127;
	return address->family == 6 && memcmp(address->bytes, one, sizeof one) == 0;
}
