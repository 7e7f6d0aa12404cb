using System.Runtime.CompilerServices;
using Gateway.Cryptography;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Cases;
using Gateway.Protocol.Log;
using Gateway.Storage.Node;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Cases;

/// <summary>The cases of a node as its people see them. Also the way to all their texts for whoever has to search them for a person.</summary>
public sealed class CaseReader(INodeStore store, CaseVault vault, Func<NodeView> view)
{
    /// <summary>Cases in the order of their changes.</summary>
    public async IAsyncEnumerable<V1.CaseLine> ReadAsync(long afterChange, bool closedToo, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (StoredCase row in store.Cases.ReadCasesAsync(afterChange, cancellation))
        {
            if (closedToo || row.Closing == 0 || (await store.Cases.CountMessagesAsync(row.Id, cancellation)).ContainsKey(CaseMessageStatus.Unread)) yield return await LineOfAsync(row, cancellation);
        }
    }

    /// <summary>Every message of every case, with what it says: for a search by identifier or text.</summary>
    public async IAsyncEnumerable<(V1.CaseLine Case, V1.CaseMessageLine Message)> ReadTextsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (StoredCase row in store.Cases.ReadCasesAsync(0, cancellation))
        {
            V1.CaseLine line = await LineOfAsync(row, cancellation);
            await foreach (V1.CaseMessageLine message in ReadMessagesAsync(row, cancellation)) yield return (line, message);
        }
    }

    /// <summary>One case as a list shows it.</summary>
    public async Task<V1.CaseLine> LineOfAsync(StoredCase row, CancellationToken cancellation)
    {
        IReadOnlyDictionary<CaseMessageStatus, long> counts = await store.Cases.CountMessagesAsync(row.Id, cancellation);
        V1.RememberedCase content = vault.Open(row);
        uint Count(params CaseMessageStatus[] states) => (uint)states.Sum(state => counts.GetValueOrDefault(state));
        return new V1.CaseLine
        {
            CaseId = (ulong)row.Id,
            Change = (ulong)row.Change,
            Role = (V1.CaseRole)row.Role,
            Closing = (V1.CaseClosing)row.Closing,
            RecordId = row.Record.ToByteString(),
            Thread = ByteString.CopyFrom(row.Thread.ToArray()),
            With = MemberId.TryFromBytes(content.MemberId.Span, out MemberId other) && view().State.Members.TryGetValue(other, out NetworkMember? member) ? member.Name : "",
            WithMemberId = content.MemberId,
            Unread = Count(CaseMessageStatus.Unread),
            Messages = (uint)counts.Values.Sum(),
            Waiting = Count(CaseMessageStatus.Queued, CaseMessageStatus.Waiting),
            Failed = Count(CaseMessageStatus.Refused, CaseMessageStatus.Expired),
            OpenedAt = row.OpenedAt.ToUnixTimeSeconds(),
            ChangedAt = row.ChangedAt.ToUnixTimeSeconds(),
            Reference = content.Reference,
        };
    }

    /// <summary>The messages of a case in the order in which they were written or came here.</summary>
    public async IAsyncEnumerable<V1.CaseMessageLine> ReadMessagesAsync(StoredCase row, [EnumeratorCancellation] CancellationToken cancellation)
    {
        V1.RememberedCase content = vault.Open(row);
        List<StoredCaseMessage> all = [];
        await foreach (StoredCaseMessage message in store.Cases.ReadMessagesAsync(row.Id, cancellation)) all.Add(message);
        HashSet<uint> came = [.. all.Where(message => !message.Own).Select(message => message.Counter)];
        HashSet<uint> shown = [];
        foreach (StoredCaseMessage message in all)
        {
            V1.CaseMessageLine line = await LineOfAsync(message, content, cancellation);
            if (!message.Own)
            {
                line.CounterRepeated = !shown.Add(message.Counter);
                uint before = message.Counter;
                while (before > 1 && !came.Contains(before - 1) && message.Counter - before < 1_000) before--;
                line.MissingBefore = message.Counter - before;
            }

            yield return line;
        }
    }

    private async Task<V1.CaseMessageLine> LineOfAsync(StoredCaseMessage row, V1.RememberedCase content, CancellationToken cancellation)
    {
        (V1.RememberedCaseMessage kept, CaseMessage message) = vault.Open(row);
        V1.CaseMessageLine line = new()
        {
            MessageId = (ulong)row.Id,
            Own = row.Own,
            Counter = row.Counter,
            State = (V1.CaseMessageState)row.State,
            SentAt = (long)message.SentAt,
            At = row.At.ToUnixTimeSeconds(),
            By = kept.By,
            Text = message.Body.Text,
            Identifiers = { message.Body.Identifiers },
            MessageHash = ByteString.CopyFrom(row.Hash),
            Closes = message.Body.Closes,
        };
        if (row.Refusal is not null) line.Error = V1.ErrorDetail.Parser.ParseFrom(row.Refusal);
        IReadOnlyDictionary<int, (int Chunks, int Done)> chunks = message.Body.Attachments.Count == 0 ? new Dictionary<int, (int, int)>() : await store.Cases.CountChunksAsync(row.Id, cancellation);
        for (int i = 0; i < message.Body.Attachments.Count; i++)
        {
            V1.CaseAttachment attachment = message.Body.Attachments[i];
            (int count, int done) = chunks.GetValueOrDefault(i);
            line.Attachments.Add(new V1.CaseAttachmentLine { Name = attachment.Name, Size = attachment.Size, Sha256 = attachment.Sha256, Chunks = (uint)count, ChunksDone = (uint)done });
        }

        if (message.Body.Referral is { } referral)
        {
            foreach (V1.ReferredCaseMessage one in referral.Messages) line.Referred.Add(await ReferredAsync(one, content, message.Record, cancellation));
        }

        return line;
    }

    // Judged each time it is shown: the log may have brought the keys since.
    private async Task<V1.ReferredCaseMessageLine> ReferredAsync(V1.ReferredCaseMessage one, V1.RememberedCase content, RecordId record, CancellationToken cancellation)
    {
        NetworkState state = view().State;
        if (!CaseSealer.TryRead(one.Statement.Span, out CaseMessage? said, out string? unreadable)) return new V1.ReferredCaseMessageLine { Text = unreadable };
        bool verified = BoxPublicKey.TryFromBytes(one.RecipientPk.Span, out BoxPublicKey recipient)
            && CaseSealer.TryVerify(one.Statement.Span, recipient, state.GenesisHash.Span, SignerOf, out _, out _);
        NodeRecord? held = said.Kind == CaseMessageKind.Answer ? await store.FindRecordAsync(record, cancellation) : null;
        return new V1.ReferredCaseMessageLine
        {
            FromContributor = said.Kind == CaseMessageKind.Answer,
            Text = said.Body.Text,
            Identifiers = { said.Body.Identifiers },
            SentAt = (long)said.SentAt,
            Verified = verified,
            KeyInLog = said.Kind == CaseMessageKind.Answer ? held is not null && held.RecordKey.AsSpan().SequenceEqual(content.RecordPk.Span) : verified,
        };

        VerifyingKey? SignerOf(CaseMessage message) => message.Record != record ? null
            : message.Kind == CaseMessageKind.Answer ? VerifyingKey.TryFromBytes(content.RecordPk.Span, out VerifyingKey recordKey) ? recordKey : null
            : state.Members.TryGetValue(message.Sender!.Value, out NetworkMember? member) ? member.MemberKey : null;
    }
}
