/* The PROXY header. Runs in the talker only. */
#include "login/proxy.h"

#include <string.h>

#include "util/ascii.h"

static const unsigned char v2_signature[12] = "\r\n\r\n\0\r\nQUIT\n";

enum {
	V2_HEAD = 16,		/* signature, version and command, family, length */
	TLV_SSL = 0x20,
	TLV_SSL_CN = 0x22,
	SSL_CLIENT_TLS = 0x01,	/* bits of its first octet */
	SSL_CLIENT_CERT_CONN = 0x02,
	SSL_CLIENT_CERT_SESS = 0x04,
};

static unsigned
number16(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* The next word of the text form; it must end in the given byte. */
static bool
next_word(const char **at, const char *end, char last, const char **word, size_t *len)
{
	const char *stop = memchr(*at, last, (size_t)(end - *at));

	if (stop == NULL || stop == *at)
		return false;
	*word = *at;
	*len = (size_t)(stop - *at);
	*at = stop + 1;
	return true;
}

/* "TCP4 192.0.2.1 192.0.2.2 56324 143\r", behind "PROXY ". */
static bool
parse_v1(const char *at, const char *end, struct proxy *out)
{
	struct network_address to;
	uint64_t port, to_port;
	const char *word;
	size_t len;
	int family;

	if ((size_t)(end - at) >= 7 && memcmp(at, "UNKNOWN", 7) == 0) {
		out->local = true;
		return true;
	}
	if (!next_word(&at, end, ' ', &word, &len) || len != 4 || memcmp(word, "TCP", 3) != 0
	    || (word[3] != '4' && word[3] != '6'))
		return false;
	family = word[3] - '0';
	if (!next_word(&at, end, ' ', &word, &len) || memchr(word, '%', len) != NULL
	    || !network_parse(word, len, &out->client))
		return false;
	/* A mapped address in the IPv6 form is IPv4 to us: only the other way is wrong. */
	if (family == 4 && out->client.family != 4)
		return false;
	if (!next_word(&at, end, ' ', &word, &len) || !network_parse(word, len, &to)
	    || !next_word(&at, end, ' ', &word, &len) || len > 5
	    || !ascii_number(word, len, 65535, &port)
	    || !next_word(&at, end, '\r', &word, &len) || len > 5
	    || !ascii_number(word, len, 65535, &to_port) || at != end)
		return false;
	out->client.port = (uint16_t)port;
	return true;
}

static int
read_v1(const unsigned char *bytes, size_t len, struct proxy *out)
{
	const char *text = (const char *)bytes;
	const char *lf;

	if (memcmp(text, "PROXY ", len < 6 ? len : 6) != 0)
		return PROXY_BAD;
	lf = memchr(text, '\n', len < PROXY_V1_MAX ? len : PROXY_V1_MAX);
	if (lf == NULL)
		return len >= PROXY_V1_MAX ? PROXY_BAD : PROXY_MORE;
	if (lf - text < 7 || lf[-1] != '\r' || !parse_v1(text + 6, lf, out))
		return PROXY_BAD;
	return (int)(lf - text) + 1;
}

/* The facts of TLS: one octet of bits, four that are 0 when the certificate was verified, records. */
static bool
parse_ssl(const unsigned char *at, size_t len, struct proxy *out)
{
	const unsigned char *end = at + len;
	bool verified;

	if (len < 5)
		return false;
	out->tls = at[0] & SSL_CLIENT_TLS;
	verified = (at[1] | at[2] | at[3] | at[4]) == 0;
	out->certificate = out->tls && verified
	    && (at[0] & (SSL_CLIENT_CERT_CONN | SSL_CLIENT_CERT_SESS)) != 0;
	for (at += 5; at < end;) {
		size_t size;

		if (end - at < 3)
			return false;
		size = number16(at + 1);
		if ((size_t)(end - at) < 3 + size)
			return false;
		if (at[0] == TLV_SSL_CN && size < sizeof out->name
		    && memchr(at + 3, '\0', size) == NULL) {
			memcpy(out->name, at + 3, size);
			out->name[size] = '\0';
		}
		at += 3 + size;
	}
	return true;
}

static bool
parse_tlvs(const unsigned char *at, const unsigned char *end, struct proxy *out)
{
	while (at < end) {
		size_t size;

		if (end - at < 3)
			return false;
		size = number16(at + 1);
		if ((size_t)(end - at) < 3 + size)
			return false;
		if (at[0] == TLV_SSL && !parse_ssl(at + 3, size, out))
			return false;
		at += 3 + size;
	}
	return true;
}

static int
read_v2(const unsigned char *bytes, size_t len, struct proxy *out)
{
	const unsigned char *at = bytes + V2_HEAD, *end;
	size_t addresses;
	char text[NETWORK_TEXT];

	if (memcmp(bytes, v2_signature, len < 12 ? len : 12) != 0)
		return PROXY_BAD;
	if (len < V2_HEAD)
		return PROXY_MORE;
	if (bytes[12] != 0x20 && bytes[12] != 0x21)
		return PROXY_BAD;
	end = at + number16(bytes + 14);
	if (end - bytes > PROXY_V2_MAX)
		return PROXY_BAD;
	if ((size_t)(end - bytes) > len)
		return PROXY_MORE;
	if (bytes[12] == 0x20) {
		out->local = true;	/* the rest means nothing */
		return (int)(end - bytes);
	}
	switch (bytes[13] >> 4) {
	case 0:
		out->local = true;	/* a proxy that does not know */
		return (int)(end - bytes);
	case 1:
		addresses = 12;
		break;
	case 2:
		addresses = 36;
		break;
	case 3:
		addresses = 216;
		break;
	default:
		return PROXY_BAD;
	}
	if ((size_t)(end - at) < addresses)
		return PROXY_BAD;
	if (addresses == 12) {
		out->client.family = 4;
		memcpy(out->client.bytes, at, 4);
		out->client.port = (uint16_t)number16(at + 8);
	} else if (addresses == 36) {
		out->client.family = 6;
		memcpy(out->client.bytes, at, 16);
		out->client.port = (uint16_t)number16(at + 32);
		/* Through text and back: a mapped IPv4 address becomes one. */
		network_format(&out->client, text);
		network_parse(text, strlen(text), &out->client);
		out->client.port = (uint16_t)number16(at + 32);
	}
	return parse_tlvs(at + addresses, end, out) ? (int)(end - bytes) : PROXY_BAD;
}

int
proxy_parse(const unsigned char *bytes, size_t len, struct proxy *out)
{
	memset(out, 0, sizeof *out);
	if (len == 0)
		return PROXY_MORE;
	return bytes[0] == v2_signature[0] ? read_v2(bytes, len, out) : read_v1(bytes, len, out);
}
