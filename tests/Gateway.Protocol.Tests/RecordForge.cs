using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

/// <summary>One identifier of a forged record.</summary>
internal sealed record ForgedIdentifier(ushort Type, byte[] Evaluation, bool OpensRecord);

/// <summary>
/// Seals records by docs/protocol.md §5 without the code under test: honestly, or with something wrong at one stage and everything after it consistent with that, which is
/// what a contributor who cheats would send. Draws randomness in the sealer's order: rec_salt, cek, padding slots (tag, box), padding name tags, item nonce, issuance salt.
/// </summary>
internal sealed class RecordForge(string seed)
{
    private readonly SeededRandomSource _random = new(seed);

    public byte[] MemberSeed { get; init; } = Sample.MemberSeed;

    public byte[] Member { get; init; } = Sample.Member.ToArray();

    public byte[] Circle { get; init; } = Sample.Circle.ToArray();

    public uint Epoch { get; init; } = Sample.Epoch;

    public byte[] CircleKey { get; init; } = Sample.CircleKeyBytes;

    public IReadOnlyList<ForgedIdentifier> Identifiers { get; init; } = Sample.ForgedIdentifiers;

    public Summary Summary { get; init; } = Sample.Summary();

    public Action<RecordBody> FillBody { get; init; } = Sample.FillBody;

    /// <summary>Lays names out, given the name tags in their order, after padding.</summary>
    public Action<Summary, List<byte[]>> LayOut { get; init; } = (_, _) => { };

    // What may be spoiled, in the order in which a record comes about.
    public Func<byte[], byte[]> Head { get; set; } = Same;

    public Func<byte[], byte[]> BoxedContentKey { get; set; } = Same;

    public Func<byte[], byte[]> BoxContext { get; set; } = Same;

    public Func<byte[], byte[]> SummaryBytes { get; set; } = Same;

    public Func<List<byte[]>, List<byte[]>> Slots { get; set; } = Same;

    public Func<List<byte[]>, List<byte[]>> NameTags { get; set; } = Same;

    public Action<RecordBody> Body { get; set; } = _ => { };

    public Func<byte[], byte[]> BodyBytes { get; set; } = Same;

    /// <summary>Head, summary, slots, name tags, sealed body.</summary>
    public Func<byte[][], byte[][]> Parts { get; set; } = Same;

    public Func<byte[], byte[]> Sealed { get; set; } = Same;

    public Func<byte[], byte[]> Plaintext { get; set; } = Same;

    public Func<byte[], byte[]> ItemContext { get; set; } = Same;

    public Func<byte[], byte[]> Item { get; set; } = Same;

    public Action<RecordPublished> BeforeSigning { get; set; } = _ => { };

    public Action<RecordPublished> Entry { get; set; } = _ => { };

    public ForgedRecord Make()
    {
        byte[] salt = _random.GetBytes(32), contentKey = _random.GetBytes(32);
        byte[] recordSeed = Plain.Derive(MemberSeed, "gateway/v1/record-key", salt: salt);
        byte[] recordKey = Plain.SigningPublic(recordSeed);
        Dictionary<string, (ForgedIdentifier Identifier, byte[] Pseudonym)> real = [];
        foreach (ForgedIdentifier identifier in Identifiers)
        {
            byte[] pseudonym = Plain.Pseudonym(CircleKey, Circle, Epoch, identifier.Evaluation);
            real[Convert.ToHexStringLower(Plain.Tag(pseudonym))] = (identifier, pseudonym);
        }

        int slotCount = Pad(real.Values.Count(one => one.Identifier.OpensRecord), 8, 16, 32, 64);
        int nameTagCount = Pad(real.Values.Count(one => !one.Identifier.OpensRecord), 0, 16, 32, 64, 128, 256);
        byte[] head = Head(Plain.Join(
            [1], Circle, Plain.U32(Epoch), Plain.U32(Sample.OprfVersion), salt, recordKey, Plain.Sha(Plain.Label("gateway/v1/cek"), salt, contentKey), [(byte)slotCount], Plain.U16(nameTagCount)));

        List<byte[]> slots = [], nameTags = [];
        foreach ((string tag, (ForgedIdentifier identifier, byte[] pseudonym)) in real)
        {
            byte[] tagBytes = Convert.FromHexString(tag);
            if (!identifier.OpensRecord) nameTags.Add(tagBytes);
            else slots.Add([.. tagBytes, .. Plain.Aead(Plain.Derive(pseudonym, "gateway/v1/slot", 56, salt), BoxedContentKey(contentKey), BoxContext(head))]);
        }

        while (slots.Count < slotCount) slots.Add([.. _random.GetBytes(16), .. _random.GetBytes(48)]);
        while (nameTags.Count < nameTagCount) nameTags.Add(_random.GetBytes(16));
        byte[] slotBytes = Plain.Join([.. Slots(Sorted(slots))]), nameTagBytes = Plain.Join([.. NameTags(Sorted(nameTags))]);
        Summary summary = Summary.Clone();
        summary.ReplyPk = ByteString.CopyFrom(Plain.BoxPublic(Plain.Derive(MemberSeed, "gateway/v1/reply-key", salt: salt)));
        LayOut(summary, Sorted(nameTags));
        byte[] summaryBytes = SummaryBytes(summary.ToByteArray());

        RecordBody body = new();
        FillBody(body);
        foreach ((string tag, (ForgedIdentifier identifier, _)) in real.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            body.Identifiers.Add(new BodyIdentifier
            {
                Type = identifier.Type,
                Tag = ByteString.CopyFrom(Convert.FromHexString(tag)),
                Source = ByteString.CopyFrom(Plain.Source(MemberSeed, Circle, identifier.Evaluation)),
            });
        }

        Body(body);
        byte[] bodyContext = Plain.Sha(Plain.Lp4(head), Plain.Lp4(summaryBytes), Plain.Lp4(slotBytes), Plain.Lp4(nameTagBytes));
        byte[] sealedBody = Plain.Aead(Plain.Derive(contentKey, "gateway/v1/body", 56), BodyBytes(body.ToByteArray()), bodyContext);
        byte[] sealedRecord = Sealed(Plain.Join([.. Parts([head, summaryBytes, slotBytes, nameTagBytes, sealedBody]).Select(Plain.Lp4)]));

        byte[] unpadded = Plain.Lp4(sealedRecord);
        byte[] plaintext = Plaintext([.. unpadded, .. new byte[(1_024 - (unpadded.Length % 1_024)) % 1_024]]);
        byte[] nonce = _random.GetBytes(24);
        byte[] item = Item([.. nonce, .. Plain.Aead(Plain.Derive(CircleKey, "gateway/v1/item"), nonce, plaintext, ItemContext([.. Circle, .. Plain.U32(Epoch)]))]);

        byte[] id = Plain.RecordId(Circle, Epoch, item);
        byte[] memberSignature = Plain.Sign(Plain.Derive(MemberSeed, "gateway/v1/member-key"), Plain.Label("gateway/v1/issue"), id, recordKey);
        byte[] issuanceSalt = _random.GetBytes(32);
        RecordPublished entry = new()
        {
            RecordId = ByteString.CopyFrom(id),
            CircleId = ByteString.CopyFrom(Circle),
            Epoch = Epoch,
            RecordPk = ByteString.CopyFrom(recordKey),
            Issuance = ByteString.CopyFrom(Plain.Issuance(issuanceSalt, Member, recordKey, memberSignature)),
            ExpiryDay = summary.ExpiryDay,
        };
        BeforeSigning(entry);
        entry.Signature = ByteString.CopyFrom(Plain.PublishSignature(recordSeed, id, entry.ExpiryDay, entry.Issuance.ToByteArray()));
        Entry(entry);
        return new ForgedRecord(entry, item, head, summaryBytes, slotBytes, nameTagBytes, body.ToByteArray(), memberSignature, issuanceSalt, recordSeed, salt);
    }

    private static int Pad(int count, params int[] allowed) => allowed.First(size => size >= count);

    private static List<byte[]> Sorted(List<byte[]> parts) => [.. parts.OrderBy(part => Convert.ToHexStringLower(part[..16]), StringComparer.Ordinal)];

    private static T Same<T>(T value) => value;
}

/// <summary>What came of it.</summary>
internal sealed record ForgedRecord(
    RecordPublished Entry, byte[] Item, byte[] Head, byte[] Summary, byte[] Slots, byte[] NameTags, byte[] Body, byte[] MemberSignature, byte[] IssuanceSalt, byte[] RecordSeed, byte[] Salt);
