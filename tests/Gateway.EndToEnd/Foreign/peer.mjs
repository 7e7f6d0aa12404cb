// A member's node that shares no code with Gateway: written from protos/ and docs/protocol.md alone. Prints one JSON object.
//
//   node peer.mjs enrol    <state folder> <invitation file>
//   node peer.mjs follow   <state folder>
//   node peer.mjs accept   <state folder> <circle name>
//   node peer.mjs trespass <state folder> <circle name> <record id>
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { must } from './bytes.mjs';
import { certificateRequest, memberKeys } from './keys.mjs';
import { follow, newestSize, statementMessage } from './log.mjs';
import { trespass } from './trespass.mjs';
import { call, connect, encode } from './wire.mjs';

function open(folder) {
    const state = { folder, invitation: JSON.parse(readFileSync(join(folder, 'invitation.json'), 'utf8')) };
    return { ...state, memberId: Buffer.from(state.invitation.member_id, 'hex'), keys: memberKeys(readFileSync(join(folder, 'member.seed'))) };
}

function enrolment({ invitation, memberId, keys }, request) {
    const body = encode('MemberJoined', {
        member_id: memberId, name: invitation.name, role: `MEMBER_ROLE_${invitation.role}`, member_pk: keys.memberPk, box_pk: keys.boxPk, node_pk: keys.nodePk,
    });
    const signature = keys.sign(statementMessage('MemberJoined', Buffer.from(invitation.genesis_hash, 'hex'), body));
    const proof = keys.sign(statementMessage('certificate-request', Buffer.from(invitation.genesis_hash, 'hex'), request));
    return { token: Buffer.from(invitation.token, 'hex'), certificate_request: request, certificate_request_signature: proof, member_joined: { body, signatures: [{ member_id: memberId, signature }] } };
}

async function enrol(folder, invitationFile) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const write = (name, content) => writeFileSync(join(folder, name), content, { mode: 0o600 });
    write('invitation.json', readFileSync(invitationFile));
    write('member.seed', randomBytes(32));
    const state = open(folder);
    const { keyPem, request } = certificateRequest();
    const { certificate, index } = await call(connect(state, { anonymous: true }).MembershipService, 'Enrol', enrolment(state, request));
    const issued = new X509Certificate(certificate);
    must(issued.verify(new X509Certificate(state.invitation.certificate_authority).publicKey), 'the certificate is not of the network\'s authority');
    must(issued.subjectAltName.startsWith(`URI:spiffe://${state.invitation.network}/${state.invitation.member_id}/`), `the certificate is of ${issued.subjectAltName}`);
    write('node.key', keyPem);
    write('node.crt', issued.toString());
    write('ca.crt', state.invitation.certificate_authority);
    return { member_id: state.invitation.member_id, index, name: issued.subjectAltName };
}

async function followAll(folder) {
    const state = open(folder);
    const broker = connect(state);
    const seen = await follow(broker.ExchangeService, state.invitation, await newestSize(broker.LogService));
    must(seen.members.some((member) => member.member_id.equals(state.memberId) && member.box_pk.equals(state.keys.boxPk)), 'the log does not have this member with its keys');
    return { size: seen.size, root: seen.root.toString('hex'), visible: seen.visible, blind_leaves: seen.blindLeaves, entries: seen.entries, members: seen.members.map((member) => member.name).sort() };
}

// Before the circle's first key; the number of epochs it has is 0.
async function accept(folder, circleName) {
    const state = open(folder);
    const broker = connect(state);
    const { circles } = await follow(broker.ExchangeService, state.invitation, await newestSize(broker.LogService));
    const circle = circles.find((policy) => policy.name === circleName);
    must(circle, `the log has no circle ${circleName}`);
    const body = encode('CircleAcceptance', { circle_id: circle.circle_id, member_id: state.memberId, policy_hash: circle.hash, epoch: 0 });
    const signature = state.keys.sign(statementMessage('CircleAcceptance', Buffer.from(state.invitation.genesis_hash, 'hex'), body));
    await call(broker.MembershipService, 'AcceptCircle', { acceptance: { body, signatures: [{ member_id: state.memberId, signature }] } });
    return { circle: circleName };
}

async function trespassAll(folder, circleName, record) {
    const state = open(folder);
    const broker = connect(state);
    const { circles } = await follow(broker.ExchangeService, state.invitation, await newestSize(broker.LogService));
    const circle = circles.find((policy) => policy.name === circleName);
    must(circle, `the log has no circle ${circleName}`);

    // With other keys: the same statement would be answered as the first time was.
    const thief = { ...state, keys: memberKeys(randomBytes(32)) };
    const again = (clients) => call(clients.MembershipService, 'Enrol', enrolment(thief, certificateRequest().request));
    return trespass(state, state.keys, state.memberId, circle.circle_id, Buffer.from(record, 'hex'), again);
}

const [command, ...parameters] = process.argv.slice(2);
const commands = { enrol, follow: followAll, accept, trespass: trespassAll };
must(Object.hasOwn(commands, command), 'usage: node peer.mjs enrol|follow|accept|trespass <state folder> ...');
console.log(JSON.stringify(await commands[command](...parameters)));
process.exit(0);
