using System.Globalization;
using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Tests;

/// <summary>The golden values, made twice from the same inputs: by <see cref="Plain"/> and <see cref="RecordForge"/>, and by Gateway.Protocol.</summary>
internal static class GoldenVectors
{
    private const string RandomName = "gateway vectors: random";
    private const ulong LeafIndex = 0x0102_0304_0506;
    private const string Network = "vectors.gateway.example";

    private static readonly byte[] EntryBytes = new Entry { Day = new Day { Day_ = 20_600 } }.ToByteArray();
    private static readonly byte[] LeafSalt = Sample.Bytes("leaf salt")[..16];
    private static readonly byte[] GenesisHash = Sample.Bytes("genesis");
    private static readonly byte[] LogSeed = Sample.Bytes("log seed");
    private static readonly byte[] Replacement = Sample.Bytes("replacement");
    private static readonly byte[] Root = Sample.Bytes("root");

    private static CircleMember Statement => new()
    {
        CircleId = ByteString.CopyFrom(Sample.Circle.ToArray()),
        MemberId = ByteString.CopyFrom(Sample.Member.ToArray()),
        Change = CircleMemberChange.Added,
        Epoch = Sample.Epoch,
    };

    /// <summary>What everything is made of; stands in the file so that another implementation can start from it.</summary>
    public static SortedDictionary<string, string> Inputs()
    {
        SortedDictionary<string, string> inputs = new(StringComparer.Ordinal)
        {
            ["input.member_seed"] = Hex(Sample.MemberSeed),
            ["input.member_id"] = Hex(Sample.Member.ToArray()),
            ["input.circle_id"] = Hex(Sample.Circle.ToArray()),
            ["input.circle_key"] = Hex(Sample.CircleKeyBytes),
            ["input.epoch"] = Sample.Epoch.ToString(CultureInfo.InvariantCulture),
            ["input.oprf_version"] = Sample.OprfVersion.ToString(CultureInfo.InvariantCulture),
            ["input.random"] = $"SHA-256(\"{RandomName}\" || u32 counter), counter = 0, 1, 2 ...",
            ["input.leaf_index"] = LeafIndex.ToString(CultureInfo.InvariantCulture),
            ["input.leaf_salt"] = Hex(LeafSalt),
            ["input.leaf_entry"] = Hex(EntryBytes),
            ["input.genesis_hash"] = Hex(GenesisHash),
            ["input.statement_body"] = Hex(Statement.ToByteArray()),
            ["input.log_seed"] = Hex(LogSeed),
            ["input.network"] = Network,
            ["input.checkpoint_root"] = Hex(Root),
            ["input.withdraw_replacement"] = Hex(Replacement),
        };
        for (int i = 0; i < Sample.ForgedIdentifiers.Count; i++)
        {
            ForgedIdentifier one = Sample.ForgedIdentifiers[i];
            inputs[$"input.identifier.{i}"] = $"type {one.Type}, {(one.OpensRecord ? "slot" : "name tag")}, y = {Hex(one.Evaluation)}";
        }

        return inputs;
    }

    public static SortedDictionary<string, string> ByThePage()
    {
        byte[] seed = Sample.MemberSeed, circle = Sample.Circle.ToArray(), key = Sample.CircleKeyBytes, y = Sample.Evaluation(1);
        byte[] pseudonym = Plain.Pseudonym(key, circle, Sample.Epoch, y);
        byte[] contentKey = new SeededRandomSource(RandomName).GetBytes(64)[32..];
        ForgedRecord record = new RecordForge(RandomName).Make();
        byte[] route = Plain.Route(key, LeafIndex);
        byte[] logPublic = Plain.SigningPublic(LogSeed);
        string checkpoint = $"{Network}\n4711\n{Convert.ToBase64String(Root)}\n";
        byte[] keyId = Plain.Sha(Plain.Ascii(Network), [0x0A, 0x01], logPublic)[..4];
        byte[] noteSignature = Plain.Sign(LogSeed, Plain.Ascii(checkpoint));
        return Hexed(new()
        {
            ["member.member_pk"] = Plain.SigningPublic(Plain.Derive(seed, "gateway/v1/member-key")),
            ["member.node_pk"] = Plain.SigningPublic(Plain.Derive(seed, "gateway/v1/node-key")),
            ["member.box_pk"] = Plain.BoxPublic(Plain.Derive(seed, "gateway/v1/box-key")),
            ["member.siphash_key"] = Plain.Derive(seed, "gateway/v1/siphash-key", 16),
            ["member.cache_key"] = Plain.Derive(seed, "gateway/v1/cache-key"),
            ["member.record_pk"] = Plain.SigningPublic(Plain.Derive(seed, "gateway/v1/record-key", salt: record.Salt)),
            ["member.reply_pk"] = Plain.BoxPublic(Plain.Derive(seed, "gateway/v1/reply-key", salt: record.Salt)),
            ["circle.commitment"] = Plain.Sha(Plain.Label("gateway/v1/circle-key"), circle, Plain.U32(Sample.Epoch), key),
            ["circle.item_key"] = Plain.Derive(key, "gateway/v1/item"),
            ["circle.route_key"] = Plain.Derive(key, "gateway/v1/route"),
            ["pseudonym.p"] = pseudonym,
            ["pseudonym.tag"] = Plain.Tag(pseudonym),
            ["pseudonym.source"] = Plain.Source(seed, circle, y),
            ["record.rec_salt"] = record.Salt,
            ["record.clk_key"] = Plain.Derive(contentKey, "gateway/v1/clk"),
            ["record.head"] = record.Head,
            ["record.summary"] = record.Summary,
            ["record.slots"] = record.Slots,
            ["record.name_tags"] = record.NameTags,
            ["record.body"] = record.Body,
            ["record.item"] = record.Item,
            ["record.record_id"] = Plain.RecordId(circle, Sample.Epoch, record.Item),
            ["record.member_signature"] = record.MemberSignature,
            ["record.issuance_salt"] = record.IssuanceSalt,
            ["record.issuance"] = record.Entry.Issuance.ToByteArray(),
            ["record.signature"] = record.Entry.Signature.ToByteArray(),
            ["log.route"] = route,
            ["log.leaf_data"] = Plain.Leaf(route, LeafSalt, EntryBytes),
            ["log.leaf_data_network_wide"] = Plain.Leaf(new byte[16], LeafSalt, EntryBytes),
            ["log.leaf_hash"] = Plain.Sha([0], Plain.Leaf(route, LeafSalt, EntryBytes)),
            ["log.statement_signature"] = Plain.Sign(Plain.Derive(seed, "gateway/v1/member-key"), Plain.Label("gateway/v1/CircleMember"), GenesisHash, Plain.Lp4(Statement.ToByteArray())),
            ["log.withdraw_message"] = Plain.Join(Plain.Label("gateway/v1/withdraw"), Plain.RecordId(circle, Sample.Epoch, record.Item), Plain.U16(2), Replacement),
            ["log.withdraw_message_without_replacement"] = Plain.Join(Plain.Label("gateway/v1/withdraw"), Plain.RecordId(circle, Sample.Epoch, record.Item), Plain.U16(1), new byte[32]),
            ["log.checkpoint_note"] = System.Text.Encoding.UTF8.GetBytes($"{checkpoint}\n\u2014 {Network} {Convert.ToBase64String([.. keyId, .. noteSignature])}\n"),
        });
    }

    public static SortedDictionary<string, string> ByTheProduct()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        byte[] textKey = [];
        SealedRecord record = new RecordSealer(new SeededRandomSource(RandomName)).Seal(Sample.Request(circle, keys, fill: (body, key) =>
        {
            textKey = [.. key];
            Sample.FillBody(body);
        }));
        RecordPublished entry = Sample.Entry(record.Submission);
        Assert.True(RecordOpener.TryUnwrap(circle, entry, record.Submission.Item.Span, out UnwrappedRecord? unwrapped, out RecordFault? fault), fault?.ToString());
        Assert.True(RecordOpener.TryOpen(unwrapped, circle.PseudonymOf(Sample.Evaluation(1)), 1, _ => false, out OpenedRecord? opened, out fault), fault?.ToString());
        Assert.Equal(textKey, opened.TextKey);
        using RecordKeys recordKeys = keys.ForRecord(record.Salt);
        using SigningKey log = SigningKey.FromSeed(LogSeed);
        byte[] issuance = RecordFormat.IssuanceOf(record.Submission.IssuanceSalt.Span, Sample.Member, record.Submission.RecordPk.Span, record.Submission.MemberSignature.Span);
        byte[] leaf = LeafData.Of(LeafIndex, circle.RouteKey, LeafSalt, EntryBytes);
        return Hexed(new()
        {
            ["member.member_pk"] = keys.Member.PublicKey.ToArray(),
            ["member.node_pk"] = keys.Node.PublicKey.ToArray(),
            ["member.box_pk"] = keys.Box.PublicKey.ToArray(),
            ["member.siphash_key"] = keys.SipHashKey.ToArray(),
            ["member.cache_key"] = keys.CacheKey.ToArray(),
            ["member.record_pk"] = recordKeys.Signing.PublicKey.ToArray(),
            ["member.reply_pk"] = recordKeys.Reply.PublicKey.ToArray(),
            ["circle.commitment"] = circle.Commitment.ToArray(),
            ["circle.route_key"] = circle.RouteKey.ToArray(),
            ["pseudonym.tag"] = circle.PseudonymOf(Sample.Evaluation(1)).Tag.ToArray(),
            ["pseudonym.source"] = keys.SourceOf(Sample.Circle, Sample.Evaluation(1)),
            ["record.rec_salt"] = record.Salt,
            ["record.clk_key"] = opened.TextKey,
            ["record.head"] = unwrapped.Head.ToArray(),
            ["record.summary"] = unwrapped.Summary.ToByteArray(),
            ["record.body"] = opened.Body.ToByteArray(),
            ["record.item"] = record.Submission.Item.ToByteArray(),
            ["record.record_id"] = record.Id.ToArray(),
            ["record.member_signature"] = record.Submission.MemberSignature.ToByteArray(),
            ["record.issuance_salt"] = record.Submission.IssuanceSalt.ToByteArray(),
            ["record.issuance"] = issuance,
            ["record.signature"] = record.Submission.Signature.ToByteArray(),
            ["log.route"] = LeafData.RouteOf(leaf).ToArray(),
            ["log.leaf_data"] = leaf,
            ["log.leaf_data_network_wide"] = LeafData.Of(LeafIndex, null, LeafSalt, EntryBytes),
            ["log.leaf_hash"] = LeafData.HashOf(leaf).ToArray(),
            ["log.statement_signature"] = Statements.Sign(Statement, GenesisHash, Sample.Member, keys.Member).Signatures.Single().Signature.ToByteArray(),
            ["log.withdraw_message"] = RecordFormat.WithdrawMessage(record.Id, WithdrawalReason.Rectified, RecordId.FromBytes(Replacement)),
            ["log.withdraw_message_without_replacement"] = RecordFormat.WithdrawMessage(record.Id, WithdrawalReason.Mistake, null),
            ["log.checkpoint_note"] = SignedNote.Sign(new Checkpoint(Network, 4_711, TreeHash.FromBytes(Root)).ToText(), new LogSigner(Network, log)).ToBytes(),
        });
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static SortedDictionary<string, string> Hexed(Dictionary<string, byte[]> values) => new(values.ToDictionary(pair => pair.Key, pair => Hex(pair.Value)), StringComparer.Ordinal);
}
