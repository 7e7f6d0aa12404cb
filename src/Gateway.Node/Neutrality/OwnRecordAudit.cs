using System.Buffers.Binary;
using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Node.Feed;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;

namespace Gateway.Node.Neutrality;

/// <summary>
/// What the log says in this member's name: each of its records is there as this node signed it, every receipt's checkpoint is of this log, no record that this node can see was made with its keys
/// elsewhere, and no statement bears its name under another signature.
/// </summary>
public sealed class OwnRecordAudit(INodeStore store, ForkWatch forks, MemberId member, MemberKeys keys)
{
    private const string Remedy = "Tell the broker's operator; keep this node's store as evidence.";

    private readonly INodeStore _store = store;
    private readonly MemberKeys _keys = keys;

    /// <summary>Reads what this node has written.</summary>
    /// <param name="now">The state of the network.</param>
    /// <param name="size">Leaves that will be shown.</param>
    /// <param name="found">Told of what does not hold.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<Run> BeginAsync(NodeView now, ulong size, Action<Refusal> found, CancellationToken cancellation)
    {
        Dictionary<RecordId, OwnRecord> own = [];
        HashSet<UInt128> checkpoints = [];
        await foreach (OutboxRow row in _store.ListOutboxAsync(cancellation))
        {
            if (row.RecordId is not { } id || row.RecordSalt is null || row.State is OutboxState.Draft or OutboxState.Sealed or OutboxState.Refused) continue;
            Receipt? receipt = row.Receipt is null ? null : Receipt.Parser.ParseFrom(row.Receipt);
            using RecordKeys record = _keys.ForRecord(row.RecordSalt);
            own[id] = new OwnRecord(record.Signing.PublicKey, receipt?.Index, receipt is null ? default : DigestOf(receipt.Entry.Span, receipt.Salt.Span), IsDue: receipt is null ? row.State != OutboxState.Withdrawn : receipt.Index < size);
            if (receipt is null || !checkpoints.Add(DigestOf(receipt.Checkpoint.Span, []))) continue;
            if ((await forks.CompareAsync(receipt.Checkpoint.Memory, ForkWatch.Broker, cancellation)).Agreement is Agreement.Forked or Agreement.Unreadable)
            {
                found(Refusal.DataLoss("RECEIPT_FORKED", "The checkpoint of a receipt is not of the log that this node has verified.", $"record {id.Prefix}", Remedy));
            }
        }

        if (now.State.Members.TryGetValue(member, out NetworkMember? me) && (me.MemberKey != _keys.Member.PublicKey || me.NodeKey != _keys.Node.PublicKey || !me.Joined.BoxPk.Span.SequenceEqual(_keys.Box.PublicKey.ToArray())))
        {
            found(Refusal.DataLoss("OWN_KEYS_DIFFER", "The log has other keys for this member than this node holds.", $"member {member.Prefix}", "See that the folder's member.key is the one the member joined with; else tell the broker's operator."));
        }

        return new Run(this, now, own, found);
    }

    private bool IsOwn(StatementSignature signature) => signature.MemberId.Span.SequenceEqual(member.ToArray());

    private bool IsMadeHere(UnwrappedRecord record)
    {
        using RecordKeys made = _keys.ForRecord(record.Head.Salt);
        return made.Signing.PublicKey.ToArray().AsSpan().SequenceEqual(record.Head.RecordKey);
    }

    // Of a receipt that stays in the store nothing is kept but what tells it from another: a contributor has as many as records.
    private static UInt128 DigestOf(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> salt)
    {
        using IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(salt);
        sha.AppendData(entry);
        return BinaryPrimitives.ReadUInt128BigEndian(sha.GetHashAndReset());
    }

    internal sealed record OwnRecord(VerifyingKey Key, ulong? Index, UInt128 Receipt, bool IsDue)
    {
        public bool IsSeen { get; set; }
    }

    /// <summary>One audit: is shown every leaf with its entry, in order.</summary>
    public sealed class Run
    {
        private readonly OwnRecordAudit _audit;
        private readonly NodeView _now;
        private readonly Dictionary<RecordId, OwnRecord> _own;
        private readonly Action<Refusal> _found;
        private readonly Dictionary<ulong, RecordId> _receipts = [];

        internal Run(OwnRecordAudit audit, NodeView now, Dictionary<RecordId, OwnRecord> own, Action<Refusal> found)
        {
            _audit = audit;
            _now = now;
            _own = own;
            _found = found;
            foreach ((RecordId id, OwnRecord record) in own)
            {
                if (record.Index is { } index) _receipts[index] = id;
            }
        }

        /// <summary>This member's records that the log was found to have.</summary>
        public ulong Records { get; private set; }

        /// <summary>Statements in the log that this member has signed.</summary>
        public ulong Statements { get; private set; }

        /// <summary>Takes the next readable leaf.</summary>
        public async Task TakeAsync(LoggedLeaf leaf, Entry entry, CancellationToken cancellation)
        {
            SignedStatement? statement = entry.ContentCase switch
            {
                Entry.ContentOneofCase.MemberJoined => entry.MemberJoined,
                Entry.ContentOneofCase.CircleMember => entry.CircleMember,
                Entry.ContentOneofCase.KeyEpoch => entry.KeyEpoch,
                Entry.ContentOneofCase.KeyGrant => entry.KeyGrant,
                Entry.ContentOneofCase.MemberLeft => entry.MemberLeft,
                _ => null,
            };
            if (statement is not null) TakeStatement(leaf.Index, entry.ContentCase.ToString(), statement);
            if (entry.ContentCase != Entry.ContentOneofCase.RecordPublished || !RecordId.TryFromBytes(entry.RecordPublished.RecordId.Span, out RecordId id)) return;
            if (_own.TryGetValue(id, out OwnRecord? own)) TakeOwn(leaf, id, entry.RecordPublished, own);
            else await TakeOtherAsync(leaf.Index, id, entry.RecordPublished, cancellation);
        }

        /// <summary>Takes the next leaf whose entry this node was not shown: of a circle it had left, it may be its own by the receipt.</summary>
        public async Task TakeOpaqueAsync(LoggedLeaf leaf, CancellationToken cancellation)
        {
            if (!_receipts.TryGetValue(leaf.Index, out RecordId id) || await _audit._store.FindOutboxAsync(id, cancellation) is not { Receipt: { } stored }) return;
            Receipt receipt = Receipt.Parser.ParseFrom(stored);
            if (!LeafData.CommitsTo(leaf.LeafData, receipt.Salt.Span, receipt.Entry.Span)) return;
            LoggedLeaf opened = leaf with { Salt = receipt.Salt.ToByteArray(), Entry = receipt.Entry.ToByteArray() };
            TakeOwn(opened, id, Entry.Parser.ParseFrom(opened.Entry).RecordPublished, _own[id]);
        }

        /// <summary>After the last leaf.</summary>
        public void End()
        {
            foreach ((RecordId id, OwnRecord own) in _own)
            {
                if (own is { IsDue: true, IsSeen: false }) _found(Refusal.DataLoss("OWN_RECORD_MISSING", "A record that this node has published is not in the log.", $"record {id.Prefix}", Remedy));
            }
        }

        private void TakeStatement(ulong index, string name, SignedStatement statement)
        {
            StatementSignature? mine = statement.Signatures.FirstOrDefault(_audit.IsOwn);
            if (mine is null) return;
            if (Protocol.Log.Statements.Verify(name, statement.Body.Span, mine, _now.State.GenesisHash.Span, _audit._keys.Member.PublicKey)) Statements++;
            else _found(Refusal.DataLoss("OWN_STATEMENT_FORGED", "A statement stands in this member's name under a signature that is not its.", $"leaf {index}", Remedy));
        }

        private void TakeOwn(LoggedLeaf leaf, RecordId id, RecordPublished entry, OwnRecord own)
        {
            own.IsSeen = true;
            bool isSigned = entry.RecordPk.Span.SequenceEqual(own.Key.ToArray()) && own.Key.Verify(RecordFormat.PublishMessage(id, new UtcDay(entry.ExpiryDay), entry.Issuance.Span), entry.Signature.Span);
            bool isReceipted = own.Index is not { } index || (index == leaf.Index && leaf.Entry is not null && leaf.Salt is not null && own.Receipt == DigestOf(leaf.Entry, leaf.Salt));
            if (isSigned && isReceipted) Records++;
            else _found(Refusal.DataLoss("OWN_RECORD_ALTERED", $"A record of this member's stands in the log otherwise than {(isSigned ? "its receipt says" : "this node signed it")}.", $"record {id.Prefix}", Remedy));
        }

        // Only who has the member's seed can derive the record's key from the salt in its head.
        private async Task TakeOtherAsync(ulong index, RecordId id, RecordPublished entry, CancellationToken cancellation)
        {
            if (await _audit._store.FindRecordAsync(id, cancellation) is not { Item: { } item } held || held.Index != index || _now.Keyring.Find(held.Circle, held.Epoch) is not { } circle) return;
            if (!RecordOpener.TryUnwrap(circle, entry, item, out UnwrappedRecord? record, out _)) return; // Quarantined, and told when it came.
            if (_audit.IsMadeHere(record)) _found(Refusal.DataLoss("OWN_RECORD_FOREIGN", "A record was made with this member's keys, and this node's store does not have it as its own.", $"record {id.Prefix}", "If this node's store was put back from a backup, or another node of the member wrote the record, nothing is amiss. Otherwise the seed is stolen: have the member suspended."));
        }
    }
}
