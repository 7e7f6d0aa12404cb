namespace Gateway.Protocol;

/// <summary>The checks a record must pass at a node, in the order they are made (protocol §5; Version between the two parts of Layout: another version may have other lengths). A failed one quarantines the record under this name.</summary>
public enum RecordCheck
{
    /// <summary>The item has at least a nonce, 1,024 bytes and a tag, and at most 64 KiB.</summary>
    ItemSize,

    /// <summary>record_id is the hash of circle, epoch and item.</summary>
    RecordId,

    /// <summary>The record key's signature over record_id, expiry and issuance holds.</summary>
    Signature,

    /// <summary>Neither record_id nor record_pk was in the log before.</summary>
    Fresh,

    /// <summary>The item opens under the circle's key of the epoch.</summary>
    ItemOpens,

    /// <summary>The plaintext is one sealed record and zeros up to a multiple of 1,024 bytes.</summary>
    ItemPadding,

    /// <summary>Head, summary, slots, name tags and body have the lengths that the head states.</summary>
    Layout,

    /// <summary>The format version is one this node knows.</summary>
    Version,

    /// <summary>The head's circle is the entry's.</summary>
    Circle,

    /// <summary>The head's epoch is the entry's.</summary>
    Epoch,

    /// <summary>The head's record_pk is the entry's.</summary>
    RecordKey,

    /// <summary>Slots are padded to 8, 16, 32 or 64.</summary>
    SlotPadding,

    /// <summary>Slots ascend by tag without duplicates.</summary>
    SlotOrder,

    /// <summary>Name tags are padded to 0, 16, 32, 64, 128 or 256.</summary>
    NameTagPadding,

    /// <summary>Name tags ascend without duplicates.</summary>
    NameTagOrder,

    /// <summary>The summary is a Summary within its limits.</summary>
    Summary,

    /// <summary>The summary's expiry is the entry's.</summary>
    Expiry,

    /// <summary>The names' layout is within its limits: places lie within the name tags, no two words of a name stand at one.</summary>
    NameLayout,

    /// <summary>A slot stands under the tag of the identifier met, and its box opens.</summary>
    SlotOpens,

    /// <summary>The content key matches its commitment.</summary>
    ContentKeyCommitment,

    /// <summary>The body authenticates under the content key.</summary>
    BodyAuthenticates,

    /// <summary>The body is a RecordBody within its limits, and lists no tag twice.</summary>
    Body,

    /// <summary>The tag of the identifier met is in the body's list with its type.</summary>
    IdentifierListed,

    /// <summary>Every tag this node knows that stands in the record is in the body's list.</summary>
    KnownTagsListed,
}

/// <summary>A check that failed.</summary>
/// <param name="Check">Which one.</param>
/// <param name="What">What was found, one sentence without personal data.</param>
public sealed record RecordFault(RecordCheck Check, string What);
