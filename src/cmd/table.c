/* The table is the truth, and nothing repeats it. */
#include "cmd/table.h"

#include "cmd/cmd.h"
#include "session/session.h"
#include "util/buf.h"
#include "wire/capability.h"

enum { AUTH = STATE_AUTHENTICATED, SELECTED = STATE_SELECTED };

#define LIMIT_TEXT(number) LIMIT_TEXT_(number)
#define LIMIT_TEXT_(number) #number

const struct command_row command_table[] = {
	{ "CAPABILITY", STATE_ANY, TELL_EXPUNGE, cmd_capability, "IMAP4rev1 IMAP4rev2", false },
	{ "NOOP", STATE_ANY, TELL_EXPUNGE, cmd_noop, NULL, false },
	{ "LOGOUT", STATE_ANY, TELL_NOTHING, cmd_logout, NULL, false },
	{ "ID", STATE_ANY, TELL_EXPUNGE, cmd_id, "ID", false },
	{ "ENABLE", AUTH | SELECTED, TELL_NOTHING, cmd_enable, "ENABLE UIDONLY UTF8=ACCEPT", false },
	{ "COMPRESS", AUTH | SELECTED, TELL_NOTHING, cmd_compress, "COMPRESS=DEFLATE", false },
	{ "LANGUAGE", STATE_ANY, TELL_EXPUNGE, cmd_language, "LANGUAGE", false },
	{ "SELECT", AUTH | SELECTED, TELL_NOTHING, cmd_select, "QRESYNC OBJECTID", false },
	{ "EXAMINE", AUTH | SELECTED, TELL_NOTHING, cmd_examine, NULL, false },
	{ "CREATE", AUTH | SELECTED, TELL_EXPUNGE, cmd_create, "CREATE-SPECIAL-USE", false },
	{ "DELETE", AUTH | SELECTED, TELL_EXPUNGE, cmd_delete, NULL, false },
	{ "RENAME", AUTH | SELECTED, TELL_EXPUNGE, cmd_rename, NULL, false },
	{ "SUBSCRIBE", AUTH | SELECTED, TELL_EXPUNGE, cmd_subscribe, NULL, false },
	{ "UNSUBSCRIBE", AUTH | SELECTED, TELL_EXPUNGE, cmd_unsubscribe, NULL, false },
	{ "LIST", AUTH | SELECTED, TELL_EXPUNGE, cmd_list,
		"LIST-EXTENDED LIST-STATUS SPECIAL-USE CHILDREN", false },
	{ "LSUB", AUTH | SELECTED, TELL_EXPUNGE, cmd_lsub, NULL, false },
	{ "NAMESPACE", AUTH | SELECTED, TELL_EXPUNGE, cmd_namespace, "NAMESPACE", false },
	{ "GETMETADATA", AUTH | SELECTED, TELL_EXPUNGE, cmd_getmetadata,
		"METADATA METADATA-SERVER LIST-METADATA", false },
	{ "SETMETADATA", AUTH | SELECTED, TELL_EXPUNGE, cmd_setmetadata, NULL, false },
	{ "MYRIGHTS", AUTH | SELECTED, TELL_EXPUNGE, cmd_myrights, "ACL RIGHTS=kxte LIST-MYRIGHTS", false },
	{ "GETACL", AUTH | SELECTED, TELL_EXPUNGE, cmd_getacl, NULL, false },
	{ "LISTRIGHTS", AUTH | SELECTED, TELL_EXPUNGE, cmd_listrights, NULL, false },
	{ "SETACL", AUTH | SELECTED, TELL_EXPUNGE, cmd_setacl, NULL, false },
	{ "DELETEACL", AUTH | SELECTED, TELL_EXPUNGE, cmd_deleteacl, NULL, false },
	{ "GETQUOTA", AUTH | SELECTED, TELL_EXPUNGE, cmd_getquota,
		"QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE", false },
	{ "GETQUOTAROOT", AUTH | SELECTED, TELL_EXPUNGE, cmd_getquotaroot, NULL, false },
	{ "STATUS", AUTH | SELECTED, TELL_EXPUNGE, cmd_status, "STATUS=SIZE", false },
	{ "APPEND", AUTH | SELECTED, TELL_EXPUNGE, cmd_append,
		"LITERAL+ BINARY UIDPLUS MULTIAPPEND CATENATE URL-PARTIAL APPENDLIMIT=" LIMIT_TEXT(APPEND_MAX), false },
	{ "IDLE", AUTH | SELECTED, TELL_EXPUNGE, cmd_idle, "IDLE", false },
	{ "NOTIFY", AUTH | SELECTED, TELL_EXPUNGE, cmd_notify, "NOTIFY", false },
	{ "CHECK", SELECTED, TELL_EXPUNGE, cmd_noop, NULL, false },
	{ "CLOSE", SELECTED, TELL_NOTHING, cmd_close, NULL, false },
	{ "UNSELECT", SELECTED, TELL_NOTHING, cmd_unselect, "UNSELECT", false },
	{ "EXPUNGE", SELECTED, TELL_EXPUNGE, cmd_expunge, NULL, false },
	{ "UID EXPUNGE", SELECTED, TELL_EXPUNGE, cmd_expunge, "UIDPLUS", true },
	{ "FETCH", SELECTED, HOLD_EXPUNGE, cmd_fetch,
		"BINARY CONDSTORE OBJECTID PREVIEW SAVEDATE", false },
	{ "UID FETCH", SELECTED, TELL_EXPUNGE, cmd_fetch, NULL, true },
	{ "STORE", SELECTED, HOLD_EXPUNGE, cmd_store, NULL, false },
	{ "UID STORE", SELECTED, TELL_EXPUNGE, cmd_store, NULL, true },
	{ "REPLACE", SELECTED, TELL_EXPUNGE, cmd_replace, "REPLACE", false },
	{ "UID REPLACE", SELECTED, TELL_EXPUNGE, cmd_replace, NULL, true },
	{ "COPY", SELECTED, TELL_EXPUNGE, cmd_copy, "UIDPLUS SAVELIMIT=" LIMIT_TEXT(SAVELIMIT), false },
	{ "UID COPY", SELECTED, TELL_EXPUNGE, cmd_copy, NULL, true },
	{ "MOVE", SELECTED, TELL_EXPUNGE, cmd_move, "MOVE", false },
	{ "UID MOVE", SELECTED, TELL_EXPUNGE, cmd_move, NULL, true },
	{ "SEARCH", SELECTED, HOLD_EXPUNGE, cmd_search,
		"ESEARCH SEARCHRES WITHIN PARTIAL FILTERS I18NLEVEL=1 INPROGRESS", false },
	{ "UID SEARCH", SELECTED, TELL_EXPUNGE, cmd_search, NULL, true },
	{ "ESEARCH", AUTH | SELECTED, HOLD_EXPUNGE, cmd_esearch, "MULTISEARCH", false },
	{ "CANCELUPDATE", SELECTED, TELL_EXPUNGE, cmd_cancelupdate, "CONTEXT=SEARCH CONTEXT=SORT",
		false },
	{ "SORT", SELECTED, HOLD_EXPUNGE, cmd_sort, "SORT SORT=DISPLAY ESORT", false },
	{ "UID SORT", SELECTED, TELL_EXPUNGE, cmd_sort, NULL, true },
	{ "THREAD", SELECTED, HOLD_EXPUNGE, cmd_thread,
		"THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS", false },
	{ "UID THREAD", SELECTED, TELL_EXPUNGE, cmd_thread, NULL, true },
	{ NULL, 0, TELL_NOTHING, NULL, NULL, false },
};

const char *
command_capabilities(void)
{
	static struct buf list;

	if (list.len == 0)
		for (const struct command_row *row = command_table; row->name != NULL; row++)
			capability_add(&list, row->capability);
	return list.data;
}
