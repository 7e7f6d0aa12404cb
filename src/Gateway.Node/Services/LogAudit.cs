using Gateway.Cryptography;
using Gateway.Ledger;
using Gateway.Node.Feed;
using Gateway.Node.Neutrality;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Services;

/// <summary>
/// Verifies everything this node has stored of the log (`gateway log verify`): each leaf, each entry, the routes, the root from the leaves alone, the checkpoint's signature; then that the
/// broker's newest checkpoint continues this one, and that what stands there in this member's name is what this node wrote.
/// </summary>
public sealed class LogAudit(INodeStore store, CallInvoker broker, OwnRecordAudit own, Func<NodeView> view, TimeProvider time)
{
    private const int MostFaults = 100;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ViewPoll = TimeSpan.FromMilliseconds(10);

    /// <summary>Runs the verification.</summary>
    public async Task<VerifyLogResponse> VerifyAsync(CancellationToken cancellation)
    {
        VerifyLogResponse response = new();
        (LogHead? head, NodeView now) = await ReadHeadAsync(cancellation);
        if (head is null)
        {
            Add(response, "LOG_EMPTY", "This node has not read the log yet.", "log", "Wait until it has reached the broker.");
            return response;
        }

        LogFrontier leaves = await ReadLeavesAsync(head, now, response, cancellation);
        TreeHash root = leaves.Root;
        response.Size = leaves.Size;
        response.Root = ByteString.CopyFrom(root.ToArray());
        response.Checkpoint = ByteString.CopyFrom(head.Note);
        LogVerifier verifier = new(now.State.Network, VerifyingKey.FromBytes(now.State.Genesis!.LogPk.Span));
        Checkpoint? checkpoint = verifier.Open(head.Note, out string? fault);
        if (checkpoint is null) Add(response, "CHECKPOINT_INVALID", fault!, $"checkpoint {head.Size}", "Restore the store, or let the node fetch the log anew.");
        else if (checkpoint.Size != leaves.Size || checkpoint.Root != root) Add(response, "ROOT_DIFFERS", "The stored leaves do not add up to the checkpoint's root.", $"checkpoint {head.Size}", "Restore the store, or let the node fetch the log anew.");
        else await CheckBrokerAsync(checkpoint, verifier, response, cancellation);
        return response;
    }

    // A batch is stored just before it is seen: an older view would not know the keys of the newest entries.
    private async Task<(LogHead? Head, NodeView View)> ReadHeadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            LogHead? head = await store.ReadHeadAsync(cancellation);
            NodeView now = view();
            if (head is null || now.Size >= head.Size) return (head, now);
            await Task.Delay(ViewPoll, time, cancellation);
        }
    }

    private async Task<LogFrontier> ReadLeavesAsync(LogHead head, NodeView now, VerifyLogResponse response, CancellationToken cancellation)
    {
        LogFrontier leaves = new();
        try
        {
            OwnRecordAudit.Run mine = await own.BeginAsync(now, head.Size, fault => Add(response, fault), cancellation);
            await foreach (LoggedLeaf leaf in store.ReadLeavesAsync(0, head.Size, cancellation))
            {
                if (leaf.Index != leaves.Size) Add(response, "LEAF_MISSING", $"Leaf {leaves.Size} is missing from the store.", $"leaf {leaves.Size}", "Restore the store, or let the node fetch the log anew.");
                leaves.Append(LeafData.HashOf(leaf.LeafData));
                if (leaf.Entry is null)
                {
                    CheckOpaque(leaf, response);
                    await mine.TakeOpaqueAsync(leaf, cancellation);
                }
                else if (CheckEntry(leaf, now, response) is { } entry) await mine.TakeAsync(leaf, entry, cancellation);
            }

            mine.End();
            (response.OwnRecords, response.OwnStatements) = (mine.Records, mine.Statements);
        }
        catch (StoreCorruptException fault)
        {
            Add(response, "STORE_CORRUPT", fault.Message, $"leaf {leaves.Size}", "Restore the store, or let the node fetch the log anew.");
        }

        return leaves;
    }

    private static void CheckOpaque(LoggedLeaf leaf, VerifyLogResponse response)
    {
        if (!LeafData.IsWellFormed(leaf.LeafData)) Add(response, "LEAF_MALFORMED", "A leaf is not 49 bytes of version 1.", $"leaf {leaf.Index}", "Tell the broker's operator.");
        else if (LeafData.IsNetworkWide(leaf.LeafData)) Add(response, "ENTRY_HIDDEN", "A network-wide entry is missing.", $"leaf {leaf.Index}", "Tell the broker's operator.");

        // A leaf from before this member had the epoch's key may well be its circle's: the key tells only from its epoch on, which the feed's reader has checked.
    }

    private static Entry? CheckEntry(LoggedLeaf leaf, NodeView now, VerifyLogResponse response)
    {
        response.EntriesReadable++;
        if (!LeafData.CommitsTo(leaf.LeafData, leaf.Salt, leaf.Entry))
        {
            Add(response, "ENTRY_ALTERED", "An entry is not the one its leaf commits to.", $"leaf {leaf.Index}", "Restore the store, or let the node fetch the log anew.");
            return null;
        }

        Entry entry;
        (CircleId Circle, uint Epoch)? route;
        try
        {
            entry = Entry.Parser.ParseFrom(leaf.Entry);
            route = EntryRoute.Of(entry);
        }
        catch (Exception unreadable) when (unreadable is InvalidProtocolBufferException or ArgumentException)
        {
            Add(response, "ENTRY_UNREADABLE", "An entry cannot be read.", $"leaf {leaf.Index}", "Tell the broker's operator.");
            return null;
        }

        // Of epochs before this member's it has no key to judge by.
        if (route is ({ } circle, { } epoch) && now.Keyring.Find(circle, epoch) is { } key && !key.RouteKey.Matches(leaf.Index, LeafData.RouteOf(leaf.LeafData)))
        {
            Add(response, "ENTRY_MISROUTED", $"An entry of circle {circle.Prefix} stands under another route.", $"leaf {leaf.Index}", "Tell the broker's operator.");
        }

        return entry;
    }

    private async Task CheckBrokerAsync(Checkpoint mine, LogVerifier verifier, VerifyLogResponse response, CancellationToken cancellation)
    {
        LogService.LogServiceClient client = new(broker);
        try
        {
            GetCheckpointResponse newest = await client.GetCheckpointAsync(new GetCheckpointRequest(), deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            Checkpoint? theirs = verifier.Open(newest.Checkpoint.Span, out string? fault);
            if (theirs is null)
            {
                Add(response, "CHECKPOINT_INVALID", fault!, "the broker's checkpoint", "Tell the broker's operator; keep this node's store as evidence.");
                return;
            }

            if (theirs.Size < mine.Size || (theirs.Size == mine.Size && theirs.Root != mine.Root))
            {
                Add(response, "LOG_ROLLED_BACK", $"The broker shows a log of size {theirs.Size} where this node holds a signed checkpoint of size {mine.Size}.", "the broker's checkpoint", "Tell the broker's operator; keep this node's store as evidence.");
                return;
            }

            if (theirs.Size > mine.Size && !await IsConsistentAsync(client, mine, theirs, cancellation))
            {
                Add(response, "LOG_FORKED", $"The broker's log of size {theirs.Size} does not continue this node's of size {mine.Size}.", "the broker's checkpoint", "Tell the broker's operator; keep this node's store as evidence.");
                return;
            }

            response.BrokerChecked = true;
        }
        catch (RpcException)
        {
            response.BrokerChecked = false; // Away: what is stored has been verified all the same.
        }
    }

    private static async Task<bool> IsConsistentAsync(LogService.LogServiceClient client, Checkpoint mine, Checkpoint theirs, CancellationToken cancellation)
    {
        GetConsistencyProofResponse proof = await client.GetConsistencyProofAsync(
            new GetConsistencyProofRequest { OldSize = mine.Size, NewSize = theirs.Size }, deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
        List<TreeHash> hashes = [];
        foreach (ByteString hash in proof.Hashes)
        {
            if (!TreeHash.TryFromBytes(hash.Span, out TreeHash node)) return false;
            hashes.Add(node);
        }

        return MerkleProof.VerifyConsistency(mine.Size, theirs.Size, mine.Root, theirs.Root, hashes);
    }

    private static void Add(VerifyLogResponse response, string code, string what, string which, string remedy) => Add(response, Refusal.DataLoss(code, what, which, remedy));

    private static void Add(VerifyLogResponse response, Refusal fault)
    {
        if (response.Faults.Count < MostFaults) response.Faults.Add(fault.ToDetail());
    }
}
