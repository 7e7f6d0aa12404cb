using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol;

/// <summary>An identifier on its way into a record.</summary>
/// <param name="Type">Number of the identifier type.</param>
/// <param name="Evaluation">y, 64 bytes.</param>
/// <param name="OpensRecord">Whether it gets a slot with the content key; else it is a tag only.</param>
public sealed record SealIdentifier(ushort Type, ReadOnlyMemory<byte> Evaluation, bool OpensRecord)
{
    /// <summary>The type alone: the evaluation is a secret.</summary>
    public override string ToString() => $"identifier of type {Type}";
}

/// <summary>What is to be sealed.</summary>
public sealed record SealRequest
{
    /// <summary>Key of the circle's current epoch.</summary>
    public required CircleKey Circle { get; init; }

    /// <summary>Version of the OPRF keys the evaluations were made under.</summary>
    public required uint OprfVersion { get; init; }

    /// <summary>The contributor.</summary>
    public required MemberId Member { get; init; }

    /// <summary>The contributor's keys.</summary>
    public required MemberKeys Keys { get; init; }

    /// <summary>The summary, complete but for reply_pk.</summary>
    public required Summary Summary { get; init; }

    /// <summary>Identifiers; equal ones are sealed once.</summary>
    public required IReadOnlyList<SealIdentifier> Identifiers { get; init; }

    /// <summary>
    /// Lays the record's names out, in circles that match name words: given the place of an evaluation's tag in the record's name tags (0-based; −1 where it is not one of them). Null: no names.
    /// </summary>
    public Func<Func<ReadOnlyMemory<byte>, int>, IEnumerable<NameLayout>>? LayOutNames { get; init; }

    /// <summary>Fills the body but for its identifiers, given the key of its encoded texts (32 bytes, HKDF(cek, "gateway/v1/clk")).</summary>
    public required Action<RecordBody, byte[]> FillBody { get; init; }
}

/// <summary>A sealed record.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Salt">rec_salt, 32 bytes: re-derives its keys from the seed.</param>
/// <param name="Submission">What goes to the broker.</param>
public sealed record SealedRecord(RecordId Id, byte[] Salt, Submission Submission);

/// <summary>Seals records exactly as protocol §5 says. All randomness comes from one source, in a fixed order, so that a seeded one gives fixed bytes.</summary>
public sealed class RecordSealer(RandomSource random)
{
    /// <summary>Seals a record under fresh keys.</summary>
    /// <exception cref="RefusalException">There are too many identifiers, the record is larger than 64 KiB, or summary or body are not within their limits.</exception>
    public SealedRecord Seal(SealRequest request)
    {
        byte[] salt = random.GetBytes(RecordFormat.SaltSize);
        byte[] contentKey = random.GetBytes(RecordFormat.ContentKeySize);
        try
        {
            return Seal(request, salt, contentKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
        }
    }

    private SealedRecord Seal(SealRequest request, byte[] salt, byte[] contentKey)
    {
        using RecordKeys keys = request.Keys.ForRecord(salt);
        byte[] recordKey = keys.Signing.PublicKey.ToArray();
        SortedDictionary<Tag, (SealIdentifier Identifier, Pseudonym Pseudonym)> slots = [], tagOnly = [];
        foreach (SealIdentifier identifier in request.Identifiers)
        {
            Pseudonym pseudonym = request.Circle.PseudonymOf(identifier.Evaluation.Span);
            (identifier.OpensRecord ? slots : tagOnly).TryAdd(pseudonym.Tag, (identifier, pseudonym));
        }

        foreach (Tag opened in slots.Keys) tagOnly.Remove(opened);
        int slotCount = RecordFormat.Padded(slots.Count, RecordFormat.SlotCounts) ?? throw TooMany("identifiers that open the record", slots.Count, RecordFormat.SlotCounts[^1]);
        int nameTagCount = RecordFormat.Padded(tagOnly.Count, RecordFormat.NameTagCounts) ?? throw TooMany("name tags", tagOnly.Count, RecordFormat.NameTagCounts[^1]);

        byte[] head = new RecordHead
        {
            Circle = request.Circle.Circle,
            Epoch = request.Circle.Epoch,
            OprfVersion = request.OprfVersion,
            Salt = salt,
            RecordKey = recordKey,
            ContentKeyCommitment = RecordFormat.CommitmentOf(salt, contentKey),
            SlotCount = slotCount,
            NameTagCount = nameTagCount,
        }.ToArray();

        if (SummaryRules.FirstFault(request.Summary) is { } summaryFault)
        {
            throw new RefusalException(Refusal.Invalid("RECORD_SUMMARY_INVALID", $"The summary is not within its limits: {summaryFault}.", "summary", "Correct the field; every node would quarantine the record."));
        }

        byte[] slotBytes = WriteSlots(slots, slotCount, salt, contentKey, head);
        byte[] nameTagBytes = WriteNameTags(tagOnly.Keys, nameTagCount);
        Summary summary = request.Summary.Clone();
        summary.ReplyPk = ByteString.CopyFrom(keys.Reply.PublicKey.ToArray());
        summary.Names.Clear();
        if (request.LayOutNames is not null) summary.Names.AddRange(request.LayOutNames(evaluation => PlaceOf(request.Circle.PseudonymOf(evaluation.Span).Tag, nameTagBytes)));
        if (NameLayoutRules.FirstFault(summary, nameTagCount) is { } layoutFault)
        {
            throw new RefusalException(Refusal.Invalid("RECORD_SUMMARY_INVALID", $"The summary is not within its limits: {layoutFault}.", "summary", "Lay out at most 16 names of at most 17 words by places in the name tags."));
        }

        byte[] summaryBytes = summary.ToByteArray();
        if (summaryBytes.Length > RecordFormat.MaximumSummary) throw TooLarge("summary", summaryBytes.Length, RecordFormat.MaximumSummary);

        byte[] body = WriteBody(request, slots, tagOnly, contentKey, RecordFormat.BodyContext(head, summaryBytes, slotBytes, nameTagBytes));
        byte[] item = WriteItem(request.Circle, new CanonicalWriter().Prefixed(head).Prefixed(summaryBytes).Prefixed(slotBytes).Prefixed(nameTagBytes).Prefixed(body).ToArray());

        RecordId id = RecordFormat.IdOf(request.Circle.Circle, request.Circle.Epoch, item);
        UtcDay expiry = new(summary.ExpiryDay);
        byte[] memberSignature = request.Keys.Member.Sign(RecordFormat.IssueMessage(id, recordKey));
        byte[] issuanceSalt = random.GetBytes(32);
        byte[] issuance = RecordFormat.IssuanceOf(issuanceSalt, request.Member, recordKey, memberSignature);
        return new SealedRecord(id, salt, new Submission
        {
            RecordId = ByteString.CopyFrom(id.ToArray()),
            CircleId = ByteString.CopyFrom(request.Circle.Circle.ToArray()),
            Epoch = request.Circle.Epoch,
            Item = ByteString.CopyFrom(item),
            RecordPk = ByteString.CopyFrom(recordKey),
            MemberSignature = ByteString.CopyFrom(memberSignature),
            IssuanceSalt = ByteString.CopyFrom(issuanceSalt),
            ExpiryDay = expiry.Number,
            Signature = ByteString.CopyFrom(keys.Signing.Sign(RecordFormat.PublishMessage(id, expiry, issuance))),
        });
    }

    private byte[] WriteSlots(SortedDictionary<Tag, (SealIdentifier Identifier, Pseudonym Pseudonym)> real, int count, byte[] salt, byte[] contentKey, byte[] head)
    {
        SortedDictionary<Tag, byte[]> slots = [];
        Span<byte> keyAndNonce = stackalloc byte[XChaCha20Poly1305.KeySize + XChaCha20Poly1305.NonceSize];
        foreach ((Tag tag, (_, Pseudonym pseudonym)) in real)
        {
            pseudonym.WriteSlotKey(salt, keyAndNonce);
            slots[tag] = XChaCha20Poly1305.Encrypt(keyAndNonce[..XChaCha20Poly1305.KeySize], keyAndNonce[XChaCha20Poly1305.KeySize..], contentKey, head);
        }

        CryptographicOperations.ZeroMemory(keyAndNonce);
        while (slots.Count < count) slots.TryAdd(Tag.FromBytes(random.GetBytes(Tag.Size)), random.GetBytes(RecordFormat.BoxSize));
        CanonicalWriter writer = new();
        foreach ((Tag tag, byte[] box) in slots) writer.Bytes(tag.ToArray()).Bytes(box);
        return writer.ToArray();
    }

    private byte[] WriteNameTags(IEnumerable<Tag> real, int count)
    {
        SortedSet<Tag> tags = [.. real];
        while (tags.Count < count) tags.Add(Tag.FromBytes(random.GetBytes(Tag.Size)));
        CanonicalWriter writer = new();
        foreach (Tag tag in tags) writer.Bytes(tag.ToArray());
        return writer.ToArray();
    }

    private static int PlaceOf(Tag tag, ReadOnlySpan<byte> nameTags)
    {
        Span<byte> sought = stackalloc byte[Tag.Size];
        tag.CopyTo(sought);
        for (int place = 0; place < nameTags.Length / Tag.Size; place++)
        {
            if (nameTags.Slice(place * Tag.Size, Tag.Size).SequenceEqual(sought)) return place;
        }

        return -1;
    }

    private static byte[] WriteBody(
        SealRequest request,
        SortedDictionary<Tag, (SealIdentifier Identifier, Pseudonym Pseudonym)> slots,
        SortedDictionary<Tag, (SealIdentifier Identifier, Pseudonym Pseudonym)> tagOnly,
        byte[] contentKey,
        byte[] context)
    {
        RecordBody body = new();
        byte[] textKey = Hkdf.DeriveKey(contentKey, "gateway/v1/clk");
        request.FillBody(body, textKey);
        CryptographicOperations.ZeroMemory(textKey);

        // By tag, whatever it opens: the order must not tell more than the list.
        foreach ((Tag tag, (SealIdentifier identifier, _)) in slots.Concat(tagOnly).OrderBy(pair => pair.Key))
        {
            body.Identifiers.Add(new BodyIdentifier
            {
                Type = identifier.Type,
                Tag = ByteString.CopyFrom(tag.ToArray()),
                Source = ByteString.CopyFrom(request.Keys.SourceOf(request.Circle.Circle, identifier.Evaluation.Span)),
            });
        }

        byte[] plaintext = body.ToByteArray();
        if (plaintext.Length > RecordFormat.MaximumBody) throw TooLarge("body", plaintext.Length, RecordFormat.MaximumBody);
        if (!BodyRules.Hold(body, plaintext.Length))
        {
            throw new RefusalException(Refusal.Invalid("RECORD_BODY_INVALID", "The body is not within the limits of RecordBody.", "body", "Give types 1 to 767, texts of 128 bytes and at most 16 links of 32 bytes."));
        }

        byte[] keyAndNonce = Hkdf.DeriveKey(contentKey, "gateway/v1/body", XChaCha20Poly1305.KeySize + XChaCha20Poly1305.NonceSize);
        byte[] sealedBody = XChaCha20Poly1305.Encrypt(keyAndNonce.AsSpan(0, XChaCha20Poly1305.KeySize), keyAndNonce.AsSpan(XChaCha20Poly1305.KeySize), plaintext, context);
        CryptographicOperations.ZeroMemory(keyAndNonce);
        return sealedBody;
    }

    private byte[] WriteItem(CircleKey circle, byte[] sealedRecord)
    {
        int length = 4 + sealedRecord.Length;
        int padded = (length + RecordFormat.ItemGranularity - 1) / RecordFormat.ItemGranularity * RecordFormat.ItemGranularity;
        int itemSize = XChaCha20Poly1305.NonceSize + padded + XChaCha20Poly1305.TagSize;
        if (itemSize > RecordFormat.MaximumItem) throw TooLarge("item", itemSize, RecordFormat.MaximumItem);
        byte[] plaintext = new byte[padded];
        new CanonicalWriter().Prefixed(sealedRecord).Written.CopyTo(plaintext);
        byte[] nonce = random.GetBytes(XChaCha20Poly1305.NonceSize);
        return [.. nonce, .. XChaCha20Poly1305.Encrypt(circle.ItemKey, nonce, plaintext, RecordFormat.ItemContext(circle.Circle, circle.Epoch))];
    }

    private static RefusalException TooMany(string what, int count, int most) => new(Refusal.Invalid(
        "RECORD_TOO_MANY_IDENTIFIERS", $"The record has {count} {what}, more than the {most} that fit.", what, "Split the case into records that link to each other."));

    private static RefusalException TooLarge(string what, int size, int most) => new(Refusal.Invalid(
        "RECORD_TOO_LARGE", $"The {what} has {size:N0} bytes, more than the {most:N0} that are allowed.", what, "Split the case into records that link to each other."));
}
