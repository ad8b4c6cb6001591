/*
 * What the talker reads before the client's first byte, and what the monitor
 * reads of the talker: headers of PROXY, subjects of certificates, records.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "login/certificate.h"
#include "login/proxy.h"
#include "login/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static union record record;
	struct proxy proxy;
	char name[64], *text = malloc(size + 1);
	int result = proxy_parse(data, size, &proxy);

	assert(result >= PROXY_BAD && (result <= 0 || (size_t)result <= size));
	assert(result <= PROXY_V2_MAX);
	assert(memchr(proxy.name, '\0', sizeof proxy.name) != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (certificate_name(text, name, sizeof name))
		assert(certificate_name_is_plain(name));
	free(text);
	memset(&record, 0x55, sizeof record);
	memcpy(&record, data, size < sizeof record ? size : sizeof record);
	if (record_is_good(&record, size) && record.kind == RECORD_ATTEMPT) {
		assert(strlen(record.attempt.user) == record.attempt.user_len);
		assert(strlen(record.attempt.secret) == record.attempt.secret_len);
	}
	if (record_is_good(&record, size) && record.kind == RECORD_SCRAM_FIRST)
		assert(strlen(record.scram_first.bare) == record.scram_first.bare_len);
	return 0;
}
