/*
 * AUTHENTICATE (RFC 9051 6.2.2, RFC 4422) with PLAIN (RFC 4616), LOGIN
 * (draft-murchison-sasl-login) and EXTERNAL (RFC 4422 appendix A), each with or
 * without an initial response (RFC 4959).
 */
#ifndef LOGIN_SASL_H
#define LOGIN_SASL_H

#include "login/record.h"

struct command;
struct buf;

/*
 * Read the rest of the command and the exchange that follows. 0: mechanism,
 * name and secret are there (both empty buffers before; the caller wipes them);
 * -1: cmd->err says why not. certificate is the user of EXTERNAL, or "".
 * With private_link false, the mechanisms that send a password are refused
 * before the client has sent one.
 */
int sasl_read(struct command *cmd, bool private_link, const char *certificate,
    enum mechanism *mechanism_out, struct buf *user, struct buf *secret);

#endif
