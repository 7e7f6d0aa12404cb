// The transparency log (docs/protocol.md, section 10): RFC 6962 tree, C2SP signed notes, leaves and entries.
import { sha256, label, lp4, must } from './bytes.mjs';
import { verifyEd25519 } from './keys.mjs';
import { call, decode } from './wire.mjs';

const LEAF_SIZE = 49;

/** Grows by leaves; keeps the roots of its complete subtrees only. */
export class Tree {
    #peaks = [];

    size = 0;

    append(leafData) {
        let hash = sha256(Buffer.from([0]), leafData);
        for (let bit = this.size; bit & 1; bit >>= 1) hash = sha256(Buffer.from([1]), this.#peaks.pop(), hash);
        this.#peaks.push(hash);
        this.size++;
    }

    root() {
        return this.#peaks.length === 0 ? sha256() : this.#peaks.reduceRight((right, left) => sha256(Buffer.from([1]), left, right));
    }
}

/** Size and root of a checkpoint whose log signature holds. */
export function openCheckpoint(note, network, logPk) {
    const text = note.toString('utf8');
    const end = text.indexOf('\n\n');
    must(end > 0 && text.endsWith('\n'), 'the checkpoint is no signed note');
    const body = text.slice(0, end + 1);
    const lines = body.split('\n');
    must(lines.length === 4 && lines[0] === network, 'the checkpoint has another origin, or extension lines');
    const keyHash = sha256(Buffer.from(`${network}\n`), Buffer.from([1]), logPk).subarray(0, 4);
    const signed = text.slice(end + 2, -1).split('\n').some((line) => {
        const [dash, name, encoded] = line.split(' ');
        const signature = Buffer.from(encoded ?? '', 'base64');
        return dash === '\u2014' && name === network && signature.subarray(0, 4).equals(keyHash) && verifyEd25519(logPk, Buffer.from(body), signature.subarray(4));
    });
    must(signed, 'no signature of the log under the checkpoint holds');
    must(/^(0|[1-9][0-9]*)$/.test(lines[1]), 'the checkpoint states no size');
    return { size: Number(lines[1]), root: Buffer.from(lines[2], 'base64') };
}

/** The message of a statement's signature. */
export const statementMessage = (name, genesisHash, body) => Buffer.concat([label(`gateway/v1/${name}`), genesisHash, lp4(body)]);

function verifyJoined(statement, genesisHash) {
    const joined = decode('MemberJoined', statement.body);
    const [own] = statement.signatures.filter((one) => one.member_id.equals(joined.member_id));
    must(own && verifyEd25519(joined.member_pk, statementMessage('MemberJoined', genesisHash, statement.body), own.signature), 'a MemberJoined is not signed by its member');
    return joined;
}

/** Follows the feed from 0 to a checkpoint of at least `upTo` leaves. Nothing of a batch counts before its checkpoint has been found true. */
export async function follow(client, invitation, upTo) {
    const genesisHash = Buffer.from(invitation.genesis_hash, 'hex');
    const seen = { tree: new Tree(), entries: {}, visible: 0, members: [], circles: [], blindLeaves: [] };
    let logPk = null;

    function take(leaf, index) {
        must(leaf.leaf_data.length === LEAF_SIZE && leaf.leaf_data[0] === 1, `leaf ${index} is not of version 1`);
        seen.tree.append(leaf.leaf_data);
        const routed = leaf.leaf_data.subarray(1, 17).some((byte) => byte !== 0);
        if (leaf.entry.length === 0) {
            must(routed, `leaf ${index} is for everyone and came without its entry`);
            seen.blindLeaves.push(index);
            return;
        }

        const commitment = sha256(label('gateway/v1/entry'), leaf.salt, lp4(leaf.entry));
        must(leaf.salt.length === 16 && commitment.equals(leaf.leaf_data.subarray(17)), `leaf ${index} does not commit to its entry`);
        const entry = decode('Entry', leaf.entry);
        must((index === 0) === (entry.content === 'genesis'), `entry ${index} is Genesis, or entry 0 is not`);
        if (index === 0) {
            must(sha256(leaf.entry).equals(genesisHash) && entry.genesis.network === invitation.network, 'Genesis is not the one that the invitation pins');
            logPk = entry.genesis.log_pk;
        }

        if (entry.content === 'member_joined') seen.members.push(verifyJoined(entry.member_joined, genesisHash));
        if (entry.content === 'circle_policy') seen.circles.push({ ...entry.circle_policy, hash: sha256(label('gateway/v1/circle-policy'), leaf.entry) });
        const ofCircle = ['record_published', 'record_withdrawn'].includes(entry.content);
        must(routed === ofCircle, `entry ${index} stands under a route that is not its own`);
        seen.entries[entry.content] = (seen.entries[entry.content] ?? 0) + 1;
        seen.visible++;
    }

    const feed = client.Follow({ from_index: 0 });
    try {
        for await (const message of feed) {
            must(message.first_index === seen.tree.size, `the feed goes on at ${message.first_index} where ${seen.tree.size} was due`);
            message.leaves.forEach((leaf, offset) => take(leaf, message.first_index + offset));
            if (message.checkpoint.length === 0) continue;
            const checkpoint = openCheckpoint(message.checkpoint, invitation.network, logPk);
            must(checkpoint.size === seen.tree.size && checkpoint.root.equals(seen.tree.root()), `the root of the ${checkpoint.size} leaves is not the checkpoint's`);
            if (checkpoint.size >= upTo) return { ...seen, size: checkpoint.size, root: checkpoint.root };
        }
    } finally {
        feed.cancel();
    }

    throw new Error(`the feed ended at ${seen.tree.size} leaves, before ${upTo}`);
}

/** Size of the newest checkpoint. Its signature is verified where the feed brings it again. */
export async function newestSize(client) {
    const { checkpoint } = await call(client, 'GetCheckpoint', {});
    return Number(checkpoint.toString('utf8').split('\n')[1]);
}
