/*
 * index: signatures of texts for SEARCH (query/signature.h), as a session makes
 * them when it searches.
 */
#include "admin/admin.h"

#include "mail/module.h"
#include "message/message.h"
#include "query/collate.h"
#include "query/signature.h"
#include "session/message.h"
#include "store/mailbox.h"
#include "store/pieces.h"
#include "util/buf.h"
#include "util/err.h"

struct signer {
	struct signature signature;
	struct buf key, bits;
	size_t octets;
};

static bool
take(void *ctx, const char *utf8, size_t len, bool first)
{
	struct signer *s = ctx;

	buf_reset(&s->key);
	if (first)
		buf_addc(&s->key, (char)0xff);
	collate_key(utf8, len, &s->key);
	signature_feed(&s->signature, s->key.data, s->key.len);
	s->octets += len;
	return true;
}

static void
sign_one(struct signer *s, const struct message_ops *ops, struct pieces *signatures,
    uint32_t uid, const struct mail *mail)
{
	signature_reset(&s->signature);
	s->octets = 0;
	if (!ops->text(mail->data, mail->len, NULL, MESSAGE_HEADER, take, s)
	    || s->octets > SIGNATURE_HEADER_MAX
	    || !ops->text(mail->data, mail->len, NULL, MESSAGE_BODY, take, s))
		return;
	buf_reset(&s->bits);
	signature_finish(&s->signature, pieces_most(signatures, mail->len), &s->bits);
	pieces_put(signatures, uid, mail->len, s->bits.data, s->bits.len);
}

int
admin_sign(struct admin *a, struct mailbox *m, const char *name, uint32_t *signed_out)
{
	struct message_reader reader = MESSAGE_READER_INIT;
	struct pieces *signatures;
	struct signer signer = { .key = BUF_INIT, .bits = BUF_INIT };
	struct err err;
	const struct message_ops *ops = module_ops(&err);
	size_t len;

	*signed_out = 0;
	if (ops == NULL) {
		admin_say_err(name, &err);
		return ADMIN_FOUND;
	}
	signatures = pieces_open(m, &pieces_signatures, signature_kind(MESSAGE_TEXT_VERSION));
	signature_init(&signer.signature);
	for (uint32_t row = 0; row < mailbox_rows(m) && !admin_stopped(a); row++) {
		struct cache_record record;
		uint32_t uid = mailbox_uid(m, row);

		if (row % 16 == 0)
			progress(a, name, row, mailbox_rows(m));
		/* what cannot be read was told when the cache was filled */
		if (pieces_get(signatures, uid, &len) != NULL
		    || message_load(&reader, m, row, MESSAGE_WANT_FILE, &record, &err) != MESSAGE_OK)
			continue;
		sign_one(&signer, ops, signatures, uid, &reader.mail);
		++*signed_out;
	}
	pieces_tidy(signatures);
	pieces_close(&signatures);
	message_reader_fini(&reader, m);
	signature_fini(&signer.signature);
	buf_fini(&signer.key);
	buf_fini(&signer.bits);
	return ADMIN_OK;
}

void
admin_signed(struct mailbox *m, uint64_t *count_out, uint64_t *octets_out)
{
	struct pieces *signatures = pieces_look(m, &pieces_signatures, signature_kind(MESSAGE_TEXT_VERSION));
	uint64_t mail_octets;

	*count_out = pieces_count(signatures);
	pieces_sizes(signatures, octets_out, &mail_octets);
	pieces_close(&signatures);
}
