/* Records over the socket; a reply in wrong form counts as a monitor that is gone. */
#include "login/ask.h"

#include <errno.h>
#include <sys/socket.h>

bool
ask_tell(struct ask *ask, const void *record, size_t len)
{
	ssize_t n;

	do
		n = send(ask->fd, record, len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)len)
		ask->lost = true;
	return !ask->lost;
}

enum verdict
ask_verdict(struct ask *ask, const void *record, size_t len)
{
	size_t least = sizeof ask->reply.verdict;
	ssize_t n;

	ask->asked++;
	ask->text_len = 0;
	if (!ask_tell(ask, record, len))
		return VERDICT_UNAVAILABLE;
	do
		n = recv(ask->fd, &ask->reply, sizeof ask->reply - 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < (ssize_t)least || ask->reply.verdict < VERDICT_YES
	    || ask->reply.verdict > VERDICT_UNAVAILABLE) {
		ask->lost = true;
		return VERDICT_UNAVAILABLE;
	}
	ask->text_len = (size_t)n - least;
	ask->reply.text[ask->text_len] = '\0';
	return (enum verdict)ask->reply.verdict;
}
