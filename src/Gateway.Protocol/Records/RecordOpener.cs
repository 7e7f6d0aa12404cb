using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol;

/// <summary>Checks and opens records exactly as protocol §5 says. Every failure names its check; none throws.</summary>
public static class RecordOpener
{
    private const int Overhead = XChaCha20Poly1305.NonceSize + XChaCha20Poly1305.TagSize;

    /// <summary>What can be checked without the circle's key, as broker and node do: size, id, signature.</summary>
    /// <param name="entry">The entry that published the record.</param>
    /// <param name="item">The item.</param>
    /// <param name="fault">The check that failed.</param>
    public static bool TryVerify(RecordPublished entry, ReadOnlySpan<byte> item, [NotNullWhen(false)] out RecordFault? fault)
    {
        fault = null;
        if (item.Length < Overhead + RecordFormat.ItemGranularity || item.Length > RecordFormat.MaximumItem)
        {
            return Fail(RecordCheck.ItemSize, $"The item has {item.Length} bytes.", out fault);
        }

        if (!CircleId.TryFromBytes(entry.CircleId.Span, out CircleId circle)
            || !RecordId.TryFromBytes(entry.RecordId.Span, out RecordId id)
            || RecordFormat.IdOf(circle, entry.Epoch, item) != id)
        {
            return Fail(RecordCheck.RecordId, "The record id is not the hash of circle, epoch and item.", out fault);
        }

        if (entry.Issuance.Length != RecordFormat.IssuanceSize
            || !VerifyingKey.Verify(entry.RecordPk.Span, RecordFormat.PublishMessage(id, new UtcDay(entry.ExpiryDay), entry.Issuance.Span), entry.Signature.Span))
        {
            return Fail(RecordCheck.Signature, "The record key's signature does not hold.", out fault);
        }

        return true;
    }

    /// <summary>Opens the item and checks everything that holds before indexing, but for freshness, which only the log's reader can know.</summary>
    /// <param name="circle">Key of the entry's circle and epoch.</param>
    /// <param name="entry">The entry that published the record.</param>
    /// <param name="item">The item.</param>
    /// <param name="record">The record.</param>
    /// <param name="fault">The check that failed.</param>
    public static bool TryUnwrap(
        CircleKey circle, RecordPublished entry, ReadOnlySpan<byte> item, [NotNullWhen(true)] out UnwrappedRecord? record, [NotNullWhen(false)] out RecordFault? fault)
    {
        record = null;
        if (!TryVerify(entry, item, out fault)) return false;

        // Else a record sealed under one circle's key could stand in the log, and in the index, as another's.
        if (!circle.Circle.Equals(CircleId.FromBytes(entry.CircleId.Span)) || circle.Epoch != entry.Epoch) return Fail(RecordCheck.ItemOpens, "The key is of another circle or epoch than the entry.", out fault);
        return TryOpenItem(circle, item, out byte[]? sealedRecord, out fault) && TryParse(circle, entry, RecordId.FromBytes(entry.RecordId.Span), sealedRecord, out record, out fault);
    }

    /// <summary>Opens an item that passed <see cref="TryUnwrap"/> before: the same checks but for those that need the entry (signature, record key, expiry).</summary>
    public static bool TryReopen(CircleKey circle, RecordId id, ReadOnlySpan<byte> item, [NotNullWhen(true)] out UnwrappedRecord? record, [NotNullWhen(false)] out RecordFault? fault)
    {
        record = null;

        // The seal alone would let a store answer with another record of the same circle.
        if (RecordFormat.IdOf(circle.Circle, circle.Epoch, item) != id) return Fail(RecordCheck.RecordId, "The record id is not the hash of circle, epoch and item.", out fault);
        return TryOpenItem(circle, item, out byte[]? sealedRecord, out fault) && TryParse(circle, null, id, sealedRecord, out record, out fault);
    }

    /// <summary>Opens the nominal part with an identifier that this node has met.</summary>
    /// <param name="record">The record.</param>
    /// <param name="pseudonym">Pseudonym of the identifier under the record's circle and epoch.</param>
    /// <param name="type">Number of the identifier's type.</param>
    /// <param name="isKnown">Whether a tag belongs to an identifier this node knows.</param>
    /// <param name="opened">The open record.</param>
    /// <param name="fault">The check that failed.</param>
    public static bool TryOpen(
        UnwrappedRecord record, Pseudonym pseudonym, ushort type, Func<Tag, bool> isKnown, [NotNullWhen(true)] out OpenedRecord? opened, [NotNullWhen(false)] out RecordFault? fault)
    {
        opened = null;
        Tag met = pseudonym.Tag;
        byte[] contentKey = new byte[RecordFormat.ContentKeySize];
        try
        {
            ReadOnlySpan<byte> box = record.BoxOf(met);
            if (box.IsEmpty || !TryOpenBox(record, pseudonym, box, contentKey)) return Fail(RecordCheck.SlotOpens, "No slot of the record opens with this identifier.", out fault);
            if (!CryptographicOperations.FixedTimeEquals(RecordFormat.CommitmentOf(record.Head.Salt, contentKey), record.Head.ContentKeyCommitment))
            {
                return Fail(RecordCheck.ContentKeyCommitment, "The slot holds another content key than the head commits to.", out fault);
            }

            if (!TryOpenBody(record, contentKey, out byte[]? plaintext)) return Fail(RecordCheck.BodyAuthenticates, "The body does not authenticate.", out fault);
            if (!TryParseMessage(RecordBody.Parser, plaintext, out RecordBody? body)) return Fail(RecordCheck.Body, "The body is not a RecordBody.", out fault);
            if (!BodyRules.Hold(body, plaintext.Length)) return Fail(RecordCheck.Body, "The body is not within its limits.", out fault);

            Dictionary<Tag, uint> listed = [];
            foreach (BodyIdentifier identifier in body.Identifiers)
            {
                if (!Tag.TryFromBytes(identifier.Tag.Span, out Tag tag) || !listed.TryAdd(tag, identifier.Type)) return Fail(RecordCheck.Body, "The body lists a tag twice or in a wrong length.", out fault);
            }

            if (!listed.TryGetValue(met, out uint listedType) || listedType != type) return Fail(RecordCheck.IdentifierListed, "The body does not list the identifier met, or under another type.", out fault);
            for (int i = 0; i < record.TagCount; i++)
            {
                Tag tag = record.TagAt(i);
                if (!listed.ContainsKey(tag) && isKnown(tag)) return Fail(RecordCheck.KnownTagsListed, "The record carries the tag of a known identifier that its body does not list.", out fault);
            }

            opened = new OpenedRecord(record, body, Hkdf.DeriveKey(contentKey, "gateway/v1/clk"));
            fault = null;
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
        }
    }

    private static bool TryOpenItem(CircleKey circle, ReadOnlySpan<byte> item, [NotNullWhen(true)] out byte[]? sealedRecord, [NotNullWhen(false)] out RecordFault? fault)
    {
        sealedRecord = null;
        fault = null;
        if (item.Length < Overhead) return Fail(RecordCheck.ItemSize, $"The item has {item.Length} bytes.", out fault);
        byte[] plaintext = new byte[item.Length - Overhead];
        if (!XChaCha20Poly1305.TryDecrypt(circle.ItemKey, item[..XChaCha20Poly1305.NonceSize], item[XChaCha20Poly1305.NonceSize..], RecordFormat.ItemContext(circle.Circle, circle.Epoch), plaintext))
        {
            return Fail(RecordCheck.ItemOpens, "The item does not open under the circle's key.", out fault);
        }

        if (plaintext.Length < 4 || plaintext.Length % RecordFormat.ItemGranularity != 0) return Fail(RecordCheck.ItemPadding, $"The plaintext has {plaintext.Length} bytes.", out fault);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(plaintext);
        if (length > plaintext.Length - 4 || plaintext.Length - 4 - length >= RecordFormat.ItemGranularity || plaintext.AsSpan(4 + (int)length).ContainsAnyExcept((byte)0))
        {
            return Fail(RecordCheck.ItemPadding, "The plaintext is not one record and zeros.", out fault);
        }

        sealedRecord = plaintext[4..(4 + (int)length)];
        return true;
    }

    private static bool TryParse(
        CircleKey circle, RecordPublished? entry, RecordId id, ReadOnlySpan<byte> sealedRecord, [NotNullWhen(true)] out UnwrappedRecord? record, [NotNullWhen(false)] out RecordFault? fault)
    {
        record = null;
        fault = null;
        if (!TryTake(ref sealedRecord, out ReadOnlySpan<byte> head) || !TryTake(ref sealedRecord, out ReadOnlySpan<byte> summaryBytes)
            || !TryTake(ref sealedRecord, out ReadOnlySpan<byte> slots) || !TryTake(ref sealedRecord, out ReadOnlySpan<byte> nameTags)
            || !TryTake(ref sealedRecord, out ReadOnlySpan<byte> body) || !sealedRecord.IsEmpty || head.IsEmpty)
        {
            return Fail(RecordCheck.Layout, "The record is not five length-prefixed parts.", out fault);
        }

        // Before the lengths: another version may well have others.
        if (head[0] != RecordFormat.Version) return Fail(RecordCheck.Version, $"The record has format version {head[0]}; this program reads version {RecordFormat.Version}. Update it.", out fault);
        if (head.Length != RecordFormat.HeadSize) return Fail(RecordCheck.Layout, $"The head has {head.Length} bytes.", out fault);
        RecordHead stated = RecordHead.FromBytes(head);
        if (slots.Length != stated.SlotCount * RecordFormat.SlotSize || nameTags.Length != stated.NameTagCount * Tag.Size || body.Length < XChaCha20Poly1305.TagSize)
        {
            return Fail(RecordCheck.Layout, "Slots, name tags or body have another length than the head states.", out fault);
        }

        if (stated.Circle != circle.Circle) return Fail(RecordCheck.Circle, "The head names another circle than the entry.", out fault);
        if (stated.Epoch != circle.Epoch) return Fail(RecordCheck.Epoch, "The head names another epoch than the entry.", out fault);
        if (entry is not null && !entry.RecordPk.Span.SequenceEqual(stated.RecordKey)) return Fail(RecordCheck.RecordKey, "The head names another record key than the entry.", out fault);
        if (!RecordFormat.SlotCounts.Contains(stated.SlotCount)) return Fail(RecordCheck.SlotPadding, $"The record has {stated.SlotCount} slots.", out fault);
        if (!Ascends(slots, RecordFormat.SlotSize)) return Fail(RecordCheck.SlotOrder, "The slots do not ascend by tag.", out fault);
        if (!RecordFormat.NameTagCounts.Contains(stated.NameTagCount)) return Fail(RecordCheck.NameTagPadding, $"The record has {stated.NameTagCount} name tags.", out fault);
        if (!Ascends(nameTags, Tag.Size)) return Fail(RecordCheck.NameTagOrder, "The name tags do not ascend.", out fault);
        if (summaryBytes.Length > RecordFormat.MaximumSummary || !TryParseMessage(Summary.Parser, summaryBytes, out Summary? summary) || !SummaryRules.Hold(summary))
        {
            return Fail(RecordCheck.Summary, "The summary is not a Summary within its limits.", out fault);
        }

        if (entry is not null && summary.ExpiryDay != entry.ExpiryDay) return Fail(RecordCheck.Expiry, "The summary names another expiry than the entry.", out fault);
        if (NameLayoutRules.FirstFault(summary, stated.NameTagCount) is { } layoutFault) return Fail(RecordCheck.NameLayout, $"The names' layout is not within its limits: {layoutFault}.", out fault);
        record = new UnwrappedRecord(id, head.ToArray(), summaryBytes.ToArray(), summary, slots.ToArray(), nameTags.ToArray(), body.ToArray());
        return true;
    }

    private static bool TryOpenBox(UnwrappedRecord record, Pseudonym pseudonym, ReadOnlySpan<byte> box, Span<byte> contentKey)
    {
        Span<byte> keyAndNonce = stackalloc byte[XChaCha20Poly1305.KeySize + XChaCha20Poly1305.NonceSize];
        pseudonym.WriteSlotKey(record.Head.Salt, keyAndNonce);
        bool opens = XChaCha20Poly1305.TryDecrypt(keyAndNonce[..XChaCha20Poly1305.KeySize], keyAndNonce[XChaCha20Poly1305.KeySize..], box, record.HeadBytes, contentKey);
        CryptographicOperations.ZeroMemory(keyAndNonce);
        return opens;
    }

    private static bool TryOpenBody(UnwrappedRecord record, byte[] contentKey, [NotNullWhen(true)] out byte[]? plaintext)
    {
        byte[] keyAndNonce = Hkdf.DeriveKey(contentKey, "gateway/v1/body", XChaCha20Poly1305.KeySize + XChaCha20Poly1305.NonceSize);
        byte[] context = RecordFormat.BodyContext(record.HeadBytes, record.SummaryBytes, record.Slots, record.NameTagBytes);
        byte[] buffer = new byte[record.BodyCiphertext.Length - XChaCha20Poly1305.TagSize];
        bool opens = XChaCha20Poly1305.TryDecrypt(
            keyAndNonce.AsSpan(0, XChaCha20Poly1305.KeySize), keyAndNonce.AsSpan(XChaCha20Poly1305.KeySize), record.BodyCiphertext, context, buffer);
        CryptographicOperations.ZeroMemory(keyAndNonce);
        plaintext = opens ? buffer : null;
        return opens;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> part)
    {
        part = default;
        if (rest.Length < 4) return false;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
        if (length > rest.Length - 4) return false;
        part = rest.Slice(4, (int)length);
        rest = rest[(4 + (int)length)..];
        return true;
    }

    private static bool Ascends(ReadOnlySpan<byte> items, int size)
    {
        for (int i = size; i < items.Length; i += size)
        {
            if (items.Slice(i - size, Tag.Size).SequenceCompareTo(items.Slice(i, Tag.Size)) >= 0) return false;
        }

        return true;
    }

    private static bool TryParseMessage<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out T? message)
        where T : class, IMessage<T>
    {
        try
        {
            message = parser.ParseFrom(bytes);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            message = null;
            return false;
        }
    }

    private static bool Fail(RecordCheck check, string what, out RecordFault fault)
    {
        fault = new RecordFault(check, what);
        return false;
    }
}
