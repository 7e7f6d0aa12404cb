"""Circle keys, routes and records (docs/protocol.md, sections 3 to 9), read by a member of the circle."""

import hmac

import sodium
import voprf
from sodium import aead_open, hkdf, lp4, sha256, u32


def must(holds, what):
    if not holds:
        raise ValueError(what)


class Circle:
    """One epoch of a circle whose key was sealed to this member."""

    def __init__(self, circle_id, epoch, key):
        self.circle_id, self.epoch, self.key = circle_id, epoch, key
        self._item_key = hkdf(key, b"gateway/v1/item")
        self._route_key = hkdf(key, b"gateway/v1/route")

    @classmethod
    def of(cls, key_epoch, member_id, box_key):
        """The epoch, or None where it is not sealed to the member."""
        for sealed in key_epoch.sealed_keys:
            if sealed.member_id == member_id:
                key = sodium.open_sealed(sealed.sealed_key, box_key)
                commitment = sha256(b"gateway/v1/circle-key\0", key_epoch.circle_id, u32(key_epoch.epoch), key)
                must(commitment == key_epoch.commitment, "the circle's key is not the one its epoch commits to")
                return cls(key_epoch.circle_id, key_epoch.epoch, key)
        return None

    def route(self, index):
        return hmac.digest(self._route_key, index.to_bytes(8, "big"), "sha256")[:16]

    def pseudonym(self, y):
        return hmac.digest(self.key, b"gateway/v1/pseudonym\0" + self.circle_id + u32(self.epoch) + y, "sha256")

    def open_item(self, entry, item, messages):
        """Head, summary, slots, name tags and body of a record that passes the checks before indexing."""
        must(1_064 <= len(item) <= 65_536, "ItemSize")
        must(entry.record_id == sha256(b"gateway/v1/record\0", self.circle_id, u32(self.epoch), lp4(item)), "RecordId")
        must(sodium.verify(entry.record_pk, b"gateway/v1/publish\0" + entry.record_id + u32(entry.expiry_day) + entry.issuance, entry.signature), "Signature")
        padded = aead_open(self._item_key, item[:24], item[24:], self.circle_id + u32(self.epoch))
        sealed, padding = take(padded)
        must(len(padded) % 1_024 == 0 and len(padding) < 1_024 and not any(padding), "ItemPadding")
        parts, rest = [], sealed
        for _ in range(5):
            part, rest = take(rest)
            parts.append(part)
        must(not rest, "Layout")
        head, summary, slots, name_tags, body = parts
        must(head[0] == 1 and len(head) == 124, "Version")
        must(head[1:17] == self.circle_id and head[17:21] == u32(self.epoch) and head[57:89] == entry.record_pk, "Circle, Epoch, RecordKey")
        must(len(slots) == 64 * head[121] and head[121] in (8, 16, 32, 64), "SlotPadding")
        must(len(name_tags) == 16 * int.from_bytes(head[122:], "big"), "NameTagPadding")
        tags = [slots[start:start + 16] for start in range(0, len(slots), 64)]
        must(all(one < other for one, other in zip(tags, tags[1:])), "SlotOrder")
        must(messages["Summary"].FromString(summary).expiry_day == entry.expiry_day, "Expiry")
        return Record(*parts)


class Record:
    """The parts of an opened item."""

    def __init__(self, head, summary, slots, name_tags, body):
        self.parts = (head, summary, slots, name_tags)
        self.head, self.slots, self.body = head, slots, body
        self.rec_salt, self.cek_commitment = head[25:57], head[89:121]

    def open_body(self, pseudonym, type_, messages):
        """The body, where the identifier stands in a slot; None where it does not."""
        tag = sodium.hkdf_expand(pseudonym, b"gateway/v1/tag", 16)
        for start in range(0, len(self.slots), 64):
            if self.slots[start:start + 16] == tag:
                keys = hkdf(pseudonym, b"gateway/v1/slot", 56, self.rec_salt)
                cek = aead_open(keys[:32], keys[32:], self.slots[start + 16:start + 64], self.head)
                must(self.cek_commitment == sha256(b"gateway/v1/cek\0", self.rec_salt, cek), "ContentKeyCommitment")
                keys = hkdf(cek, b"gateway/v1/body", 56)
                opened = messages["RecordBody"].FromString(aead_open(keys[:32], keys[32:], self.body, sha256(*map(lp4, self.parts))))
                must(any(listed.tag == tag and listed.type == type_ for listed in opened.identifiers), "IdentifierListed")
                return opened
        return None


def take(data):
    """What LP4 wraps at the beginning, and what stands behind it."""
    end = 4 + int.from_bytes(data[:4], "big")
    must(4 <= end <= len(data), "a length is longer than what follows")
    return data[4:end], data[end:]


def identifier(type_, normal_form):
    text = normal_form.encode()
    return b"gateway/v1/id\0" + type_.to_bytes(2, "big") + len(text).to_bytes(2, "big") + text


def evaluate(call, keys, identifiers, messages):
    """y of each identifier of class STRONG, by the one evaluator of a network."""
    must(len(keys.evaluators) == 1, "this peer knows networks with one evaluator only")
    public_key = next(key.public_key for key in keys.evaluators[0].class_keys if key.identifier_class == 1)
    blinds = [voprf.blind(one) for one in identifiers]
    blinded = [element for _, element in blinds]
    answer = call("PseudonymsService/Evaluate", messages["EvaluateRequest"](identifier_class=1, version=keys.version, blinded_elements=blinded), "EvaluateResponse")
    must(len(answer.evaluated_elements) == len(blinded), "the evaluator answers for another number of elements")
    must(voprf.proof_holds(public_key, blinded, answer.evaluated_elements, answer.proof), "the evaluator's proof does not hold")
    return [voprf.finalise(one, scalar, element) for one, (scalar, _), element in zip(identifiers, blinds, answer.evaluated_elements)]
