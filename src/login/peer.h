/*
 * Who is at the other end, before a byte was read: from the socket, unless it
 * only leads to a program on this machine; then from what that program put into
 * the environment (TCPREMOTEIP of tcpserver and its kin, REMOTE_ADDR of systemd,
 * REMOTE_HOST of stunnel, SSH_CLIENT). All of it is data: looked at, never
 * resolved, expanded or handed on.
 */
#ifndef LOGIN_PEER_H
#define LOGIN_PEER_H

#include <stdbool.h>

#include "util/network.h"

enum { PEER_SUBJECT_MAX = 2048 };

struct peer {
	struct network_address address;	/* family 0: a program on this machine */
	/*
	 * Nobody can listen: the other end is on this machine, or the program in front
	 * says in the environment that it does TLS, or it is an ssh connection.
	 */
	bool private;
	/* The subject of the client's certificate, verified by the program in front; or "". */
	char subject[PEER_SUBJECT_MAX + 1];
};

/* Look at descriptor 0 and the environment. Call before the environment is cleared. */
void peer_read(struct peer *peer, int fd);

#endif
