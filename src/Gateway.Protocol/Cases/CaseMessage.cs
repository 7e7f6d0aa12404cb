using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Gateway.Cryptography;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Cases;

/// <summary>The content of a message of a case: what is signed (docs/protocol.md, Cases).</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Record">The record it is about.</param>
/// <param name="Thread">Its thread.</param>
/// <param name="Counter">The sender's count of its messages in the thread, 1 upwards.</param>
/// <param name="SentAt">By the sender's clock, seconds since 1970-01-01 UTC.</param>
/// <param name="Sender">Who signs; null in an answer, whose sender is not named.</param>
/// <param name="ReturnKey">To which answers are sealed; in a question only.</param>
/// <param name="Body">What it says.</param>
public sealed record CaseMessage(CaseMessageKind Kind, RecordId Record, ThreadId Thread, uint Counter, ulong SentAt, MemberId? Sender, BoxPublicKey? ReturnKey, CaseBody Body)
{
    /// <summary>u8 1 ‖ u8 kind ‖ record_id ‖ thread ‖ u32 counter ‖ u64 sent_at ‖ sender or zeros ‖ return_pk or zeros ‖ LP4(body).</summary>
    internal byte[] ToContent() => new CanonicalWriter()
        .U8(CaseFormat.Version).U8((byte)Kind).Id(Record).Bytes(Thread.ToArray()).U32(Counter).U64(SentAt).Id(Sender ?? default).Bytes(ReturnKey?.ToArray() ?? new byte[BoxPublicKey.Size])
        .Prefixed(Body.ToByteArray()).ToArray();

    /// <summary>Reads a content; false, with what is wrong, for one that no sealer makes.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> content, [NotNullWhen(true)] out CaseMessage? message, [NotNullWhen(false)] out string? fault)
    {
        message = null;
        fault = null;
        if (content.Length < CaseFormat.HeadSize + 4) return Fail("The content is shorter than a message's head.", out fault);
        if (content[0] != CaseFormat.Version) return Fail($"The message has version {content[0]}, which this program does not know.", out fault);
        CaseMessageKind kind = (CaseMessageKind)content[1];
        if (!Enum.IsDefined(kind)) return Fail("The message is of a kind that this program does not know.", out fault);
        ReadOnlySpan<byte> rest = content[2..];
        RecordId record = RecordId.FromBytes(Take(ref rest, RecordId.Size));
        ThreadId thread = ThreadId.FromBytes(Take(ref rest, ThreadId.Size));
        uint counter = BinaryPrimitives.ReadUInt32BigEndian(Take(ref rest, 4));
        ulong sentAt = BinaryPrimitives.ReadUInt64BigEndian(Take(ref rest, 8));
        MemberId sender = MemberId.FromBytes(Take(ref rest, MemberId.Size));
        ReadOnlySpan<byte> returnBytes = Take(ref rest, BoxPublicKey.Size);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(Take(ref rest, 4));
        if (counter == 0) return Fail("The counter is 0.", out fault);
        if (sentAt > (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds()) return Fail("The time is beyond the calendar.", out fault);
        if (sender == default != (kind == CaseMessageKind.Answer)) return Fail("A sender is named in questions and referrals, and nowhere else.", out fault);
        BoxPublicKey returnKey = default;
        bool hasKey = returnBytes.ContainsAnyExcept((byte)0);
        if (hasKey != (kind == CaseMessageKind.Question) || (hasKey && !BoxPublicKey.TryFromBytes(returnBytes, out returnKey))) return Fail("A return key stands in questions, and nowhere else.", out fault);
        if (length != rest.Length || rest.Length > CaseFormat.MaximumBody) return Fail("The body has another length than it states, or is too long.", out fault);
        if (CaseBodyRules.Parse(rest, kind, out string? bodyFault) is not { } body) return Fail(bodyFault ?? "The body cannot be read.", out fault);
        message = new CaseMessage(kind, record, thread, counter, sentAt, sender == default ? null : sender, hasKey ? returnKey : null, body);
        return true;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int count)
    {
        ReadOnlySpan<byte> taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private static bool Fail(string why, [NotNull] out string? fault)
    {
        fault = why;
        return false;
    }
}
