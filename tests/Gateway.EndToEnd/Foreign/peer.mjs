// A member's node that shares no code with Gateway: written from protos/ and docs/protocol.md alone. Prints one JSON object.
//
//   node peer.mjs apply    <state folder> <network file> <name> <role> <application file to write>
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

function statementOf(memberId, name, role, genesisHash, keys) {
    const body = encode('MemberJoined', { member_id: memberId, name, role: `MEMBER_ROLE_${role}`, member_pk: keys.memberPk, box_pk: keys.boxPk, node_pk: keys.nodePk });
    return { body, signatures: [{ member_id: memberId, signature: keys.sign(statementMessage('MemberJoined', Buffer.from(genesisHash, 'hex'), body)) }] };
}

function apply(folder, networkFile, name, role, applicationFile) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const network = JSON.parse(readFileSync(networkFile, 'utf8'));
    const seed = randomBytes(32), memberId = randomBytes(16);
    writeFileSync(join(folder, 'member.seed'), seed, { mode: 0o600 });
    const statement = encode('SignedStatement', statementOf(memberId, name, role, network.genesis_hash, memberKeys(seed)));
    writeFileSync(applicationFile, JSON.stringify({
        network: network.network, genesis_hash: network.genesis_hash, statement: statement.toString('base64'), contact_name: 'Alex Example', contact_email: 'alex@example.org', contact_phone: '+49 40 123456',
    }));
    return { member_id: memberId.toString('hex') };
}

function enrolment({ invitation, memberId, keys }, request) {
    const statement = statementOf(memberId, invitation.name, invitation.role, invitation.genesis_hash, keys);
    const proof = keys.sign(statementMessage('certificate-request', Buffer.from(invitation.genesis_hash, 'hex'), request));
    return { token: Buffer.from(invitation.token, 'hex'), certificate_request: request, certificate_request_signature: proof, member_joined: statement };
}

async function enrol(folder, invitationFile) {
    const write = (name, content) => writeFileSync(join(folder, name), content, { mode: 0o600 });
    write('invitation.json', readFileSync(invitationFile));
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

    // With other keys: the approved statement would be answered as the first time was.
    const thief = { ...state, keys: memberKeys(randomBytes(32)) };
    const again = (clients) => call(clients.MembershipService, 'Enrol', enrolment(thief, certificateRequest().request));
    return trespass(state, state.keys, state.memberId, circle.circle_id, Buffer.from(record, 'hex'), again);
}

const [command, ...parameters] = process.argv.slice(2);
const commands = { apply, enrol, follow: followAll, accept, trespass: trespassAll };
must(Object.hasOwn(commands, command), 'usage: node peer.mjs apply|enrol|follow|accept|trespass <state folder> ...');
console.log(JSON.stringify(await commands[command](...parameters)));
process.exit(0);
