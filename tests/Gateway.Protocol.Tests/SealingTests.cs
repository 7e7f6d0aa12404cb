using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Cryptography;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Protocol.Tests;

public sealed class SealingTests
{
    private static readonly int[] SlotCounts = [8, 16, 32, 64], NameTagCounts = [0, 16, 32, 64, 128, 256];

    [Fact]
    public void Every_identifier_that_opens_a_record_opens_it_and_no_other_does()
    {
        Prop.ForAll(Gen.Choose(0, 64).Zip(Gen.Choose(0, 256)).ToArbitrary(), counts =>
        {
            using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
            using CircleKey circle = Sample.CircleKey();
            SealIdentifier[] identifiers = [.. Identifiers(counts.Item1, opens: true, from: 0), .. Identifiers(counts.Item2, opens: false, from: 1_000)];
            UnwrappedRecord record = Unwrap(circle, Seal(circle, keys, identifiers));
            HashSet<Tag> known = [.. identifiers.Select(one => circle.PseudonymOf(one.Evaluation.Span).Tag)];
            foreach (SealIdentifier one in identifiers)
            {
                bool opens = RecordOpener.TryOpen(record, circle.PseudonymOf(one.Evaluation.Span), one.Type, known.Contains, out OpenedRecord? opened, out RecordFault? fault);
                Assert.Equal(one.OpensRecord, opens);
                if (opens) Assert.Equal(known.Select(tag => tag.ToString()).Order(), opened!.Body.Identifiers.Select(listed => Convert.ToHexStringLower(listed.Tag.Span)));
                else Assert.Equal(RecordCheck.SlotOpens, fault!.Check);
            }

            Assert.False(RecordOpener.TryOpen(record, circle.PseudonymOf(Sample.Evaluation(99_999)), 1, known.Contains, out _, out _));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(8, 16)]
    [InlineData(9, 17)]
    [InlineData(16, 33)]
    [InlineData(17, 65)]
    [InlineData(33, 129)]
    [InlineData(64, 256)]
    public void Counts_are_padded_to_the_next_step_and_everything_ascends(int opening, int tagOnly)
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        UnwrappedRecord record = Unwrap(circle, Seal(circle, keys, [.. Identifiers(opening, opens: true, from: 0), .. Identifiers(tagOnly, opens: false, from: 1_000)]));
        Assert.Equal(SlotCounts.First(count => count >= opening), record.Head.SlotCount);
        Assert.Equal(NameTagCounts.First(count => count >= tagOnly), record.Head.NameTagCount);
        string[] tags = [.. Enumerable.Range(0, record.TagCount).Select(i => record.TagAt(i).ToString())];
        foreach (string[] part in new[] { tags[..record.Head.SlotCount], tags[record.Head.SlotCount..] })
        {
            Assert.Equal(part.Order(StringComparer.Ordinal), part);
            Assert.Equal(part.Distinct(), part);
        }

        Assert.Equal(string.Concat(tags), Convert.ToHexStringLower(record.CopyTags()));
    }

    [Fact]
    public void The_body_and_the_key_of_its_texts_come_out_as_they_went_in()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        byte[] textKey = [];
        SealedRecord sealedRecord = new RecordSealer(RandomSource.System).Seal(Sample.Request(circle, keys, fill: (body, key) =>
        {
            textKey = [.. key];
            Sample.FillBody(body);
        }));
        UnwrappedRecord record = Unwrap(circle, sealedRecord);
        Assert.True(RecordOpener.TryOpen(record, circle.PseudonymOf(Sample.Evaluation(3)), 258, _ => false, out OpenedRecord? opened, out _));
        RecordBody expected = new();
        Sample.FillBody(expected);
        RecordBody body = opened.Body.Clone();
        body.Identifiers.Clear();
        Assert.Equal(expected, body);
        Assert.Equal(textKey, opened.TextKey);
        Summary summary = record.Summary.Clone();
        using RecordKeys recordKeys = keys.ForRecord(sealedRecord.Salt);
        Assert.Equal(recordKeys.Reply.PublicKey.ToArray(), summary.ReplyPk.ToByteArray());
        summary.ReplyPk = ByteString.Empty;
        Assert.Equal(Sample.Summary(), summary);
        Assert.DoesNotContain(Convert.ToHexString(textKey), opened.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Equal_input_sealed_twice_has_nothing_in_common()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        RecordSealer sealer = new(RandomSource.System);
        SealedRecord one = sealer.Seal(Sample.Request(circle, keys)), other = sealer.Seal(Sample.Request(circle, keys));
        Assert.NotEqual(one.Id, other.Id);
        Assert.NotEqual(one.Submission.RecordPk, other.Submission.RecordPk);
        Assert.NotEqual(one.Submission.IssuanceSalt, other.Submission.IssuanceSalt);
        UnwrappedRecord a = Unwrap(circle, one), b = Unwrap(circle, other);
        Assert.NotEqual(a.Head.Salt, b.Head.Salt);
        Assert.NotEqual(a.Head.ContentKeyCommitment, b.Head.ContentKeyCommitment);
        Assert.NotEqual(a.Summary.ReplyPk, b.Summary.ReplyPk);

        // But for the tags of the identifiers, by which the circle's members find them.
        Assert.Equal(5, Enumerable.Range(0, a.TagCount).Select(a.TagAt).Intersect(Enumerable.Range(0, b.TagCount).Select(b.TagAt)).Count());
    }

    [Fact]
    public void The_same_identifier_has_other_tags_in_another_circle_and_another_epoch()
    {
        byte[] y = Sample.Evaluation(1);
        using CircleKey circle = Sample.CircleKey();
        using CircleKey otherCircle = CircleKey.FromBytes(CircleId.FromBytes(new byte[16]), Sample.Epoch, Sample.CircleKeyBytes);
        using CircleKey otherEpoch = CircleKey.FromBytes(Sample.Circle, Sample.Epoch + 1, Sample.CircleKeyBytes);
        using CircleKey otherKey = CircleKey.FromBytes(Sample.Circle, Sample.Epoch, new byte[32]);
        Assert.Equal(4, new[] { circle, otherCircle, otherEpoch, otherKey }.Select(key => key.PseudonymOf(y).Tag).Distinct().Count());
    }

    [Fact]
    public void Sources_are_equal_for_one_contributor_circle_and_identifier_and_for_nothing_else()
    {
        Prop.ForAll<int, int, int>((member, circle, identifier) =>
        {
            using MemberKeys keys = MemberKeys.FromSeed(Sample.Bytes($"member {member}")), again = MemberKeys.FromSeed(Sample.Bytes($"member {member}")), other = MemberKeys.FromSeed(Sample.Bytes($"other {member}"));
            CircleId id = CircleId.FromBytes(Sample.Bytes($"circle {circle}").AsSpan(0, 16)), otherId = CircleId.FromBytes(Sample.Bytes($"other {circle}").AsSpan(0, 16));
            byte[] y = Sample.Evaluation(identifier), otherY = SHA512.HashData(y), source = keys.SourceOf(id, y);
            return source.Length == 8
                && source.AsSpan().SequenceEqual(again.SourceOf(id, y))
                && !source.AsSpan().SequenceEqual(other.SourceOf(id, y))
                && !source.AsSpan().SequenceEqual(keys.SourceOf(otherId, y))
                && !source.AsSpan().SequenceEqual(keys.SourceOf(id, otherY));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void An_identifier_given_twice_is_sealed_once_and_opens_when_either_does()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        SealIdentifier opening = new(1, Sample.Evaluation(1), true), tagOnly = opening with { OpensRecord = false };
        UnwrappedRecord record = Unwrap(circle, Seal(circle, keys, [tagOnly, opening, opening, tagOnly]));
        Assert.Equal(0, record.Head.NameTagCount);
        Assert.True(RecordOpener.TryOpen(record, circle.PseudonymOf(Sample.Evaluation(1)), 1, _ => false, out OpenedRecord? opened, out _));
        Assert.Single(opened.Body.Identifiers);
    }

    [Theory]
    [InlineData(65, 0)]
    [InlineData(0, 257)]
    public void Too_many_identifiers_are_refused(int opening, int tagOnly)
    {
        AssertRefused("RECORD_TOO_MANY_IDENTIFIERS", identifiers: [.. Identifiers(opening, opens: true, from: 0), .. Identifiers(tagOnly, opens: false, from: 1_000)]);
    }

    [Fact]
    public void A_body_over_its_limits_is_refused()
    {
        AssertRefused("RECORD_TOO_LARGE", fill: (body, _) => body.Texts.Add(Enumerable.Repeat(new EncodedText { Clk = ByteString.CopyFrom(new byte[128]) }, 300)));
        AssertRefused("RECORD_BODY_INVALID", fill: (body, _) => body.Texts.Add(new EncodedText { Clk = ByteString.CopyFrom(new byte[127]) }));
        AssertRefused("RECORD_BODY_INVALID", fill: (body, _) => body.LinkedRecordIds.Add(ByteString.CopyFrom(new byte[31])));
        AssertRefused("RECORD_BODY_INVALID", identifiers: [new SealIdentifier(0, Sample.Evaluation(1), true)]);
    }

    [Fact]
    public void A_summary_that_no_node_would_take_is_refused()
    {
        Summary summary = Sample.Summary();
        summary.HsCodes.Add("6403");
        AssertRefused("RECORD_SUMMARY_INVALID", summary: summary);
        AssertRefused("RECORD_SUMMARY_INVALID", summary: new Summary());
    }

    [Fact]
    public void The_largest_record_fits_into_an_item()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        SealIdentifier[] most = [.. Identifiers(64, opens: true, from: 0), .. Identifiers(256, opens: false, from: 1_000)];
        SealedRecord record = new RecordSealer(RandomSource.System).Seal(Sample.Request(circle, keys, most, fill: (body, _) =>
        {
            while (body.Texts.Count * 133 < 20_000) body.Texts.Add(new EncodedText { Kind = EncodedTextKind.Name, Clk = ByteString.CopyFrom(new byte[128]) });
        }));
        Assert.InRange(record.Submission.Item.Length, 32 * 1_024, RecordFormat.MaximumItem);
        Assert.Equal(0, (record.Submission.Item.Length - 40) % 1_024);
        Unwrap(circle, record);
    }

    [Fact]
    public void An_item_of_63_blocks_is_the_longest_that_opens()
    {
        // More than a sealer of ours makes, as an unknown field in the body would.
        int room = (63 * 1_024) - 4 - 20 - 124 - 512 - 256;
        RecordForge forge = new("longest");
        forge.Parts = parts => [.. parts[..4], new byte[room - parts[1].Length]];
        ForgedRecord longest = forge.Make();
        Assert.Equal(64_552, longest.Item.Length);
        using CircleKey circle = Sample.CircleKey();
        Assert.True(RecordOpener.TryUnwrap(circle, longest.Entry, longest.Item, out _, out RecordFault? fault), fault?.ToString());
    }

    [Fact]
    public void A_submission_carries_the_member_signature_and_the_issuance_that_the_record_key_signed()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        Submission submission = Seal(circle, keys, [.. Identifiers(1, opens: true, from: 0)]).Submission;
        Assert.True(keys.Member.PublicKey.Verify(RecordFormat.IssueMessage(RecordId.FromBytes(submission.RecordId.Span), submission.RecordPk.Span), submission.MemberSignature.Span));
        RecordPublished entry = Sample.Entry(submission);
        Assert.True(RecordOpener.TryVerify(entry, submission.Item.Span, out _));
        entry.Issuance = ByteString.CopyFrom(RecordFormat.IssuanceOf(submission.IssuanceSalt.Span, MemberId.FromBytes(new byte[16]), submission.RecordPk.Span, submission.MemberSignature.Span));
        Assert.False(RecordOpener.TryVerify(entry, submission.Item.Span, out _));
    }

    [Fact]
    public void A_withdrawal_is_signed_by_the_record_key_over_record_reason_and_replacement()
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        SealedRecord record = Seal(circle, keys, []);
        using RecordKeys recordKeys = keys.ForRecord(record.Salt);
        VerifyingKey recordKey = recordKeys.Signing.PublicKey;
        RecordId replacement = RecordId.FromBytes(Sample.Bytes("replacement"));
        RecordWithdrawn honest = new()
        {
            RecordId = record.Submission.RecordId,
            Reason = WithdrawalReason.Rectified,
            ReplacementId = ByteString.CopyFrom(replacement.ToArray()),
            Signature = ByteString.CopyFrom(recordKeys.Signing.Sign(RecordFormat.WithdrawMessage(record.Id, WithdrawalReason.Rectified, replacement))),
        };
        Assert.True(RecordFormat.IsSignedBy(honest, recordKey));
        Assert.False(RecordFormat.IsSignedBy(honest, keys.Member.PublicKey));
        Action<RecordWithdrawn>[] spoilers =
        [
            one => one.RecordId = ByteString.CopyFrom(replacement.ToArray()), one => one.RecordId = ByteString.Empty,
            one => one.Reason = WithdrawalReason.Mistake, one => one.Reason = WithdrawalReason.Unspecified, one => one.Reason = (WithdrawalReason)(65_536 + 2), one => one.Reason = (WithdrawalReason)(-1),
            one => one.ReplacementId = ByteString.Empty, one => one.ReplacementId = ByteString.CopyFrom(new byte[31]),
            one => one.Signature = ByteString.Empty, one => one.Signature = ByteString.CopyFrom(new byte[64]),
        ];
        foreach (Action<RecordWithdrawn> spoil in spoilers)
        {
            RecordWithdrawn spoiled = honest.Clone();
            spoil(spoiled);
            Assert.False(RecordFormat.IsSignedBy(spoiled, recordKey), spoiled.ToString());
        }

        honest.ReplacementId = ByteString.Empty;
        honest.Signature = ByteString.CopyFrom(recordKeys.Signing.Sign(RecordFormat.WithdrawMessage(record.Id, WithdrawalReason.Rectified, null)));
        Assert.True(RecordFormat.IsSignedBy(honest, recordKey));
    }

    private static void AssertRefused(string code, IReadOnlyList<SealIdentifier>? identifiers = null, Summary? summary = null, Action<RecordBody, byte[]>? fill = null)
    {
        using MemberKeys keys = MemberKeys.FromSeed(Sample.MemberSeed);
        using CircleKey circle = Sample.CircleKey();
        Refusal refusal = Assert.Throws<RefusalException>(() => new RecordSealer(RandomSource.System).Seal(Sample.Request(circle, keys, identifiers, summary, fill))).Refusal;
        Assert.Equal((StatusCode.InvalidArgument, code), (refusal.Status, refusal.Code));
    }

    private static IEnumerable<SealIdentifier> Identifiers(int count, bool opens, int from) =>
        Enumerable.Range(from, count).Select(i => new SealIdentifier((ushort)(opens ? 1 + (i % 17) : 512), Sample.Evaluation(i), opens));

    private static SealedRecord Seal(CircleKey circle, MemberKeys keys, IReadOnlyList<SealIdentifier> identifiers) =>
        new RecordSealer(RandomSource.System).Seal(Sample.Request(circle, keys, identifiers));

    private static UnwrappedRecord Unwrap(CircleKey circle, SealedRecord record)
    {
        Assert.True(RecordOpener.TryUnwrap(circle, Sample.Entry(record.Submission), record.Submission.Item.Span, out UnwrappedRecord? unwrapped, out RecordFault? fault), fault?.ToString());
        return unwrapped;
    }
}
