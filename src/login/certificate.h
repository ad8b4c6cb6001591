/*
 * The common name in the subject of a certificate, as the programs in front
 * write subjects into the environment. They have verified the certificate; what
 * stands in it was still chosen by others, so what could be read in two ways is
 * not read at all.
 */
#ifndef LOGIN_CERTIFICATE_H
#define LOGIN_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * "C = PL, O = Example, CN = alice": RFC 4514 with or without spaces, in either
 * order, as stunnel 5 writes it. The older form with slashes is not read: in
 * "/O=x/CN=bob" nobody can tell where the organisation ends. False when there
 * is no common name, more than one, or a quote or escape anywhere.
 */
bool certificate_name(const char *subject, char *name, size_t room);

/* May a name be taken from a certificate: letters, digits and . _ - + @ alone. */
bool certificate_name_is_plain(const char *name);

#endif
