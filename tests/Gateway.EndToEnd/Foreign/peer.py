"""A reader of the network that shares no code with Gateway: written from protos/ and docs/protocol.md alone. Prints one JSON object.

    peer.py <state folder> [e-mail address ...]

The state folder is the JavaScript peer's, after enrolment. With an address it looks for records about it in its circles, and opens them.
"""

import json
import pathlib
import sys
import tempfile
from urllib.parse import urlparse

try:
    import grpc
    from google.protobuf import descriptor_pb2, message_factory
    from grpc_tools import protoc
except ImportError as missing:
    raise SystemExit(f"{missing}: apt-get install -y python3-grpcio python3-grpc-tools python3-protobuf libsodium23")

import records
import sodium
import tlog
from records import must

PROTOS = pathlib.Path(__file__).resolve().parents[3] / "protos"
DEADLINE = 30


def load_messages():
    """Classes of all messages of the protocol, by their short names."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "set.bin")
        files = [f"gateway/v1/{name}.proto" for name in ("administration", "errors", "exchange", "log", "membership", "pseudonyms", "record")]
        must(protoc.main(["protoc", f"-I{PROTOS}", f"--descriptor_set_out={out}", "--include_imports", *files]) == 0, "protoc refuses the protos")
        descriptors = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    return {name.rpartition(".")[2]: kind for name, kind in message_factory.GetMessages(descriptors.file).items()}


class Peer:
    """A member's node that reads."""

    def __init__(self, folder):
        self.invitation = json.loads((folder / "invitation.json").read_text())
        self.member_id = bytes.fromhex(self.invitation["member_id"])
        self.box_key = sodium.hkdf((folder / "member.seed").read_bytes(), b"gateway/v1/box-key")
        self.messages = load_messages()
        credentials = grpc.ssl_channel_credentials((folder / "ca.crt").read_bytes(), (folder / "node.key").read_bytes(), (folder / "node.crt").read_bytes())
        self.channel = grpc.secure_channel(urlparse(self.invitation["broker"]).netloc, credentials)
        self.hashes, self.routes, self.entries, self.items, self.circles = [], [], {}, {}, []
        self.members, self.oprf_keys, self.withdrawn_at, self.checkpoints = {}, None, {}, []

    def call(self, method, request, response):
        return self.channel.unary_unary(f"/gateway.v1.{method}", lambda message: message.SerializeToString(), self.messages[response].FromString)(request, timeout=DEADLINE)

    def newest_size(self):
        note = self.call("LogService/GetCheckpoint", self.messages["GetCheckpointRequest"](), "GetCheckpointResponse").checkpoint
        return int(note.split(b"\n")[1])

    def follow(self, up_to):
        """Follows the feed from 0 to a checkpoint of at least `up_to` leaves; its size and root."""
        feed = self.channel.unary_stream("/gateway.v1.ExchangeService/Follow", lambda message: message.SerializeToString(), self.messages["FollowResponse"].FromString)
        stream = feed(self.messages["FollowRequest"](from_index=0), timeout=DEADLINE)
        for message in stream:
            must(message.first_index == len(self.hashes), "the feed has a gap")
            for leaf in message.leaves:
                self.take(len(self.hashes), leaf)
            if message.checkpoint:
                size, root = tlog.open_checkpoint(message.checkpoint, self.invitation["network"], self.entries[0].genesis.log_pk)
                must(size == len(self.hashes) and root == tlog.root_of(self.hashes), f"the root of the {size} leaves is not the checkpoint's")
                self.checkpoints.append((size, root))
                if size >= up_to:
                    stream.cancel()
                    return size, root
        raise ValueError("the feed ended early")

    def take(self, index, leaf):
        must(len(leaf.leaf_data) == 49 and leaf.leaf_data[0] == 1, f"leaf {index} is not of version 1")
        self.hashes.append(tlog.leaf_hash(leaf.leaf_data))
        route = leaf.leaf_data[1:17]
        due = [circle for circle in self.circles if circle.route(index) == route]
        must(not leaf.entry or leaf.leaf_data[17:] == sodium.sha256(b"gateway/v1/entry\0", leaf.salt, sodium.lp4(leaf.entry)), f"leaf {index} does not commit to its entry")
        must(leaf.entry or (any(route) and not due), f"leaf {index} is this member's and came without its entry")
        if not leaf.entry:
            return
        entry = self.messages["Entry"].FromString(leaf.entry)
        self.entries[index] = entry
        kind = entry.WhichOneof("content")
        content = getattr(entry, kind)
        if index == 0:
            must(kind == "genesis" and sodium.sha256(leaf.entry).hex() == self.invitation["genesis_hash"], "Genesis is not the one that the invitation pins")
        elif kind == "member_joined":
            self.take_member(content)
        elif kind == "key_epoch":
            self.take_epoch(content)
        elif kind == "oprf_keys":
            self.oprf_keys = content
        elif kind in ("record_published", "record_withdrawn"):
            must([(circle.circle_id, circle.epoch) for circle in due] == [(content.circle_id, content.epoch)], f"entry {index} stands under another route")
            if kind == "record_published":
                self.take_record(index, content, leaf, due[0])
            else:
                self.withdrawn_at[content.record_id] = index

    def take_member(self, statement):
        joined = self.messages["MemberJoined"].FromString(statement.body)
        self.members[joined.member_id] = joined
        self.must_be_signed("MemberJoined", statement, [joined.member_id])

    def take_epoch(self, statement):
        epoch = self.messages["KeyEpoch"].FromString(statement.body)
        signers = [signature.member_id for signature in statement.signatures]
        must(len(set(signers)) >= 2, "a KeyEpoch is not signed by two members")
        self.must_be_signed("KeyEpoch", statement, signers)
        if circle := records.Circle.of(epoch, self.member_id, self.box_key):
            self.circles.append(circle)

    def must_be_signed(self, name, statement, signers):
        message = f"gateway/v1/{name}\0".encode() + bytes.fromhex(self.invitation["genesis_hash"]) + sodium.lp4(statement.body)
        signatures = {signature.member_id: signature.signature for signature in statement.signatures}
        for signer in signers:
            must(sodium.verify(self.members[signer].member_pk, message, signatures[signer]), f"a signature of a {name} does not hold")

    def take_record(self, index, entry, leaf, circle):
        if leaf.item:
            self.items[entry.record_id] = (circle, circle.open_item(entry, leaf.item, self.messages))
        else:
            must(leaf.withdrawn_at > index, f"the item of leaf {index} is missing for no reason")
            self.items[entry.record_id] = leaf.withdrawn_at

    def verify_proofs(self, size, root):
        """Every leaf is in the tree, every checkpoint seen is a prefix of it; and a false one is found out."""
        for index, hash_ in enumerate(self.hashes[:size]):
            request = self.messages["GetInclusionProofRequest"](index=index, tree_size=size)
            proof = self.call("LogService/GetInclusionProof", request, "GetInclusionProofResponse").hashes
            must(tlog.inclusion_holds(hash_, index, size, proof, root), f"the proof that leaf {index} is in the tree of {size} does not hold")
            must(not tlog.inclusion_holds(sodium.sha256(hash_), index, size, proof, root), "a proof holds for a leaf that is not there")
        olds = range(1, size)
        for old in olds:
            request = self.messages["GetConsistencyProofRequest"](old_size=old, new_size=size)
            proof = self.call("LogService/GetConsistencyProof", request, "GetConsistencyProofResponse").hashes
            must(tlog.consistency_holds(old, size, proof, tlog.root_of(self.hashes[:old]), root), f"the proof from {old} to {size} does not hold")
            must(not tlog.consistency_holds(old, size, proof, bytes(32), root), "a proof holds for a root that never was")
        return {"inclusion": size, "consistency": len(olds)}

    def directory(self):
        answer = self.call("MembershipService/GetDirectory", self.messages["GetDirectoryRequest"](), "GetDirectoryResponse")
        must({one.member.member_id: one.member.member_pk for one in answer.members} == {joined.member_id: joined.member_pk for joined in self.members.values()}, "the directory is not the log's")
        return {"members": sorted(one.member.name for one in answer.members), "circles": [one.policy.name for one in answer.circles], "open_invitations": len(answer.open_invitations)}

    def search(self, address):
        """Ids of the records that an e-mail address opens."""
        wanted = records.identifier(1, address)
        [y] = records.evaluate(self.call, self.oprf_keys, [wanted], self.messages)
        opened = {id_: found[1].open_body(found[0].pseudonym(y), 1, self.messages) for id_, found in self.items.items() if isinstance(found, tuple)}
        return [id_.hex() for id_, body in opened.items() if body is not None]


def main(folder, *addresses):
    peer = Peer(pathlib.Path(folder))
    size, root = peer.follow(peer.newest_size())
    promised = {id_: index for id_, index in peer.items.items() if isinstance(index, int)}
    must(promised.items() <= peer.withdrawn_at.items(), "an item is missing without its withdrawal")
    print(json.dumps({
        "size": size,
        "root": root.hex(),
        "proofs": peer.verify_proofs(size, root),
        "directory": peer.directory(),
        "live": sorted(id_.hex() for id_, found in peer.items.items() if isinstance(found, tuple)),
        "withdrawn": sorted(id_.hex() for id_ in peer.withdrawn_at),
        "opened_by": {address: peer.search(address) for address in addresses},
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
