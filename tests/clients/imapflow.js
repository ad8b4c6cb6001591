// imapflow against mayfly: all that it supports, in one conversation. Started by
// imapflow.bats with the command of the server and its Maildir; NODE_PATH says
// where imapflow lies. A bridge gives each connection a server of its own.
'use strict';
const net = require('net');
const assert = require('assert');
const { spawn } = require('child_process');
const { ImapFlow } = require('imapflow');

const words = process.argv.slice(2);
const MESSAGE = 'From: Ada <ada@example.org>\r\nTo: ben@example.net\r\nSubject: Hello\r\n' +
	'Message-ID: <flow.1@example.org>\r\nMIME-Version: 1.0\r\n' +
	'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZQ==\r\n';

// What the first part leaves out: more of FETCH and SEARCH, trees, colours, read-only, Vanished.
async function rest(client) {
	const parts = MESSAGE.replace('text/plain; charset=utf-8', 'multipart/mixed; boundary=b')
		.replace('Content-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZQ==\r\n',
			'\r\n--b\r\nContent-Type: text/plain\r\n\r\none\r\n--b\r\nContent-Type: text/html; charset=iso-8859-1\r\n' +
			'Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>gr=FCn\r\n--b--\r\n');
	await client.mailboxCreate('More/Deep');
	const tree = await client.listTree();
	assert(tree.folders.some(box => box.path === 'More' && box.folders.some(below => below.path === 'More/Deep')));
	await client.mailboxSubscribe('More/Deep');
	assert((await client.list()).some(box => box.path === 'More/Deep' && box.subscribed));
	await client.mailboxUnsubscribe('More/Deep');
	assert(!(await client.list()).some(box => box.path === 'More/Deep' && box.subscribed));
	await client.mailboxCreate('Sent');
	assert.strictEqual((await client.list()).find(box => box.path === 'Sent').specialUse, '\\Sent');
	const before = Date.now();
	for (const [text, flags] of [[MESSAGE, ['\\Seen']], [parts, []], [MESSAGE.replace('Hello', 'Grüße'), ['\\Draft', 'red']]])
		await client.append('More/Deep', text, flags);
	await client.mailboxOpen('More/Deep');

	const all = await client.fetchAll('1:*', { uid: true, flags: true, size: true, bodyParts: ['1', '2', 'header'], threadId: true,
		envelope: true, source: { start: 3, maxLength: 7 } }, { uid: true });
	assert.deepStrictEqual(all.map(message => message.uid), [1, 2, 3]);
	assert.strictEqual(all[1].bodyParts.get('2').toString(), '<p>gr=FCn');
	assert.strictEqual(all[1].source.toString(), parts.slice(3, 10));
	const several = await client.downloadMany('2', ['1', '2']);
	assert.strictEqual(several[1].content.toString().trim(), 'one');
	assert.strictEqual(several[2].content.toString('latin1').trim(), '<p>grün');
	const whole = await client.download('2');
	assert.strictEqual(whole.meta.expectedSize, Buffer.byteLength(parts));
	for await (const piece of whole.content)
		assert(piece.length > 0);

	const { emailId } = await client.fetchOne('3', { uid: true, threadId: true, envelope: true });
	const searches = [
		[{ seq: '1:2' }, [1, 2]], [{ uid: '2:*' }, [2, 3]], [{ all: true }, [1, 2, 3]], [{ seen: true }, [1]],
		[{ draft: true, seen: false }, [3]], [{ keyword: 'red' }, [3]], [{ unKeyword: 'red' }, [1, 2]],
		[{ larger: MESSAGE.length + 50 }, [2]], [{ subject: 'grüße' }, [3]], [{ body: 'grün' }, [2]], [{ text: 'ada@' }, [1, 2, 3]],
		[{ from: 'ada', to: 'ben', not: { body: 'one' } }, [1, 3]], [{ or: [{ draft: true }, { body: 'one' }] }, [2, 3]],
		[{ since: new Date(before - 2 * 86400000) }, [1, 2, 3]], [{ before: new Date(0) }, []], [{ sentSince: new Date(0) }, []],
		[{ header: { 'message-id': true } }, [1, 2, 3]], [{ header: { 'x-none': true } }, []], [{ modseq: 1n }, [1, 2, 3]],
		[{ emailId }, [3]], [{ answered: true }, []], [{ cc: 'x' }, []],
	];
	for (const [query, want] of searches)
		assert.deepStrictEqual(await client.search(query), want, JSON.stringify(query, (k, v) => typeof v === 'bigint' ? `${v}` : v));

	assert(await client.setFlagColor('1', 'purple'));
	const coloured = await client.fetchOne('1', { flags: true });
	assert.strictEqual(coloured.flagColor, 'purple');
	assert(await client.messageFlagsAdd({ keyword: 'red' }, ['$Label1'], { uid: true, silent: true }));
	const gone = new Promise(resolve => client.once('expunge', resolve));
	assert(await client.messageDelete({ uid: '2' }));
	assert.strictEqual((await gone).path, 'More/Deep');
	const readOnly = await client.mailboxOpen('More/Deep', { readOnly: true });
	assert(readOnly.readOnly && readOnly.exists === 2 && readOnly.mailboxId);
	await client.mailboxClose();
	await client.mailboxDelete('More/Deep');
	await client.mailboxDelete('Sent');
}

async function talk(port) {
	const client = new ImapFlow({ host: '127.0.0.1', port, secure: false, logger: false,
		auth: { user: 'me', pass: 'unused' }, clientInfo: { name: 'test' } });
	client.on('error', err => { throw err; });
	await client.connect();
	for (const word of ['IDLE', 'MOVE', 'UIDPLUS', 'CONDSTORE', 'QRESYNC', 'SPECIAL-USE', 'NAMESPACE',
		'LIST-STATUS', 'BINARY', 'OBJECTID', 'COMPRESS=DEFLATE', 'QUOTA', 'METADATA', 'ESEARCH'])
		assert(client.capabilities.has(word), word);

	assert((await client.mailboxCreate(['Work', 'Entwürfe'])).created);
	const list = await client.list({ statusQuery: { messages: true, uidNext: true } });
	assert(list.some(box => box.path === 'INBOX') && list.some(box => box.path === 'Work/Entwürfe'));
	await client.mailboxSubscribe('Work/Entwürfe');

	const added = await client.append('INBOX', MESSAGE, ['\\Seen', '$flow'], new Date(1400000000000));
	assert.strictEqual(added.uid, 1);
	await client.append('INBOX', MESSAGE.replace('Hello', 'Second'));

	const lock = await client.getMailboxLock('INBOX');
	assert.strictEqual(client.mailbox.exists, 2);
	assert(client.mailbox.highestModseq > 0n);
	const one = await client.fetchOne('1', { uid: true, flags: true, envelope: true, bodyStructure: true,
		internalDate: true, size: true, source: true, headers: ['subject'], threadId: true, emailId: true });
	assert.strictEqual(one.envelope.subject, 'Hello');
	assert.strictEqual(one.size, Buffer.byteLength(MESSAGE));
	assert.strictEqual(one.source.toString(), MESSAGE);
	assert(one.flags.has('$flow') && one.emailId && one.bodyStructure.type === 'text/plain');
	assert.strictEqual(+one.internalDate, 1400000000000);
	let count = 0;
	for await (const message of client.fetch('1:*', { uid: true, flags: true }, { changedSince: 1n }))
		count += message.uid > 0;
	assert.strictEqual(count, 2);

	const { content } = await client.download('1', '1');
	let text = '';
	for await (const piece of content)
		text += piece.toString();
	assert.strictEqual(text.trim(), 'Grüße');

	assert.deepStrictEqual(await client.search({ header: { subject: 'second' } }, { uid: true }), [2]);
	assert(await client.messageFlagsAdd('2', ['\\Flagged']));
	assert.deepStrictEqual(await client.search({ flagged: true }), [2]);
	assert(await client.messageFlagsRemove('2', ['\\Flagged']));
	assert(await client.messageFlagsSet('2', ['\\Answered']));
	const copied = await client.messageCopy('1:2', 'Work/Entwürfe');
	assert.strictEqual(copied.uidMap.get(2), 2);
	const moved = await client.messageMove('2', 'Work/Entwürfe');
	assert.strictEqual(moved.uidMap.get(2), 3);
	assert(await client.messageDelete('1'));
	assert.strictEqual(client.mailbox.exists, 0);
	await client.noop();
	lock.release();

	const status = await client.status('Work/Entwürfe', { messages: true, unseen: true, uidNext: true,
		uidValidity: true, highestModseq: true });
	assert.strictEqual(status.messages, 3);
	const quota = await client.getQuota('INBOX');
	assert(quota && quota.storage && quota.storage.limit > 0);

	await rest(client);

	// news come in IDLE
	await client.mailboxOpen('Work/Entwürfe');
	const news = new Promise(resolve => client.on('exists', resolve));
	const idle = client.idle();
	const other = new ImapFlow({ host: '127.0.0.1', port, secure: false, logger: false,
		auth: { user: 'me', pass: 'unused' }, disableCompression: true });
	await other.connect();
	await other.append('Work/Entwürfe', MESSAGE);
	assert.strictEqual((await news).count, 4);
	await other.logout();
	await client.noop();
	await idle;

	await client.mailboxClose();
	await client.mailboxRename('Work/Entwürfe', 'Work/Fertig');
	await client.mailboxDelete('Work/Fertig');
	await client.logout();
}

const server = net.createServer(socket => {
	const child = spawn(words[0], words.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
	socket.on('error', () => {});
	child.stdin.on('error', () => {});
	socket.pipe(child.stdin);
	child.stdout.pipe(socket);
});
server.listen(0, '127.0.0.1', () => {
	talk(server.address().port).then(() => {
		console.log('all of it');
		process.exit(0);
	}, err => {
		console.error(err);
		process.exit(1);
	});
});
