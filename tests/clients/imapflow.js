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
