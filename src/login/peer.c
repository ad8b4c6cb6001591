/* Who is at the other end. The kernel's word comes before the environment's. */
#include "login/peer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "util/ascii.h"

/* An address, and its port, from two variables. */
static bool
from_environment(const char *address_name, const char *port_name, struct network_address *out)
{
	const char *address = getenv(address_name), *port = getenv(port_name);
	uint64_t number = 0;

	if (address == NULL || !network_parse(address, strlen(address), out))
		return false;
	if (port != NULL && ascii_number(port, strlen(port), 65535, &number))
		out->port = (uint16_t)number;
	return true;
}

/* SSH_CLIENT is "address port local-port". */
static bool
from_ssh(struct network_address *out)
{
	const char *text = getenv("SSH_CLIENT");

	return text != NULL && network_parse(text, strcspn(text, " "), out);
}

/*
 * Does the environment say that the program in front does TLS? SSL_PROTOCOL is
 * set by s6-tlsserver and ucspi-ssl, PROTO=SSL by ucspi-ssl, SSL_CLIENT_DN by
 * stunnel when there is a certificate of the client.
 */
static bool
environment_tells_tls(void)
{
	const char *proto = getenv("PROTO"), *protocol = getenv("SSL_PROTOCOL");

	return (proto != NULL && strcmp(proto, "SSL") == 0)
	    || (protocol != NULL && *protocol != '\0')
	    || getenv("SSL_CLIENT_DN") != NULL;
}

/* stunnel gives the subject of a certificate that it was told to verify. */
static void
copy_subject(struct peer *peer)
{
	const char *value = getenv("SSL_CLIENT_DN");
	size_t len = value != NULL ? strlen(value) : 0;

	if (len > 0 && len <= PEER_SUBJECT_MAX)
		memcpy(peer->subject, value, len + 1);
}

void
peer_read(struct peer *peer, int fd)
{
	struct network_address told, *address = &peer->address;
	struct sockaddr_storage name;
	socklen_t len = sizeof name;
	bool socket = getpeername(fd, (struct sockaddr *)&name, &len) == 0, internet;

	memset(peer, 0, sizeof *peer);
	internet = socket && network_from_kernel((struct sockaddr *)&name, len, address);
	if (internet && !network_is_loopback(address))
		return;		/* a real connection: TLS, if any, ends behind its other end */
	/*
	 * The other end is a program on this machine. It may have told us for whom it
	 * stands there, as stunnel's exec does over a connection to itself. Only a pipe
	 * may still be a plain connection in disguise, with recordio(1) or the like
	 * before us.
	 */
	copy_subject(peer);
	peer->private = socket || environment_tells_tls();
	if (from_environment("TCPREMOTEIP", "TCPREMOTEPORT", &told)
	    || from_environment("TCP6REMOTEIP", "TCP6REMOTEPORT", &told)
	    || from_environment("SSLREMOTEIP", "SSLREMOTEPORT", &told)
	    || from_environment("REMOTE_ADDR", "REMOTE_PORT", &told)
	    || from_environment("REMOTE_HOST", "REMOTE_PORT", &told)) {
		*address = told;
		if (network_is_loopback(address))
			peer->private = true;
	} else if (!internet) {
		/* Over ssh, or somebody at a terminal: no network that we could see. */
		from_ssh(address);
		peer->private = true;
	}
}
