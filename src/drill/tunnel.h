/*
 * Programs that carry a connection on their standard input and output: what a
 * "tunnel" line names, and stunnel for "tls". Also their end.
 */
#ifndef DRILL_TUNNEL_H
#define DRILL_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct block;

struct tunnel_child {
	pid_t pid;	/* also its process group */
};

/* Children that have not been seen to end yet. */
struct tunnels {
	pid_t *pids;
	size_t count, room;
};

/*
 * Start the program of this block; the descriptor of our end, which does not
 * block, or -1 with errno. The child is remembered in tunnels.
 */
int tunnel_open(struct tunnels *tunnels, const struct block *block);

/* Forget those that have ended. */
void tunnel_reap(struct tunnels *tunnels);

/*
 * All descriptors are closed: give the programs patience_ms to see it, then end
 * their process groups.
 */
void tunnel_finish(struct tunnels *tunnels, int patience_ms);

#endif
