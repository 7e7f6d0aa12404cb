using Gateway.Node.Feed;
using Gateway.Node.Life;
using Gateway.Node.Neutrality;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Storage.Node;
using Google.Protobuf;
using Grpc.Core;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Contributions;

/// <summary>Sends withdrawals until the broker has answered for each, and checks its receipts. One that cannot be answered now does not keep the others back.</summary>
public sealed class WithdrawalUpload(INodeStore store, CallInvoker broker, StoreAge age, ForkWatch forks, Func<NodeView> view)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly V1.ExchangeService.ExchangeServiceClient _broker = new(broker);

    /// <summary>Sends what is open; nothing while the store is older than the node has been.</summary>
    /// <returns>Whether anything came further.</returns>
    /// <exception cref="ReceiptRefusedException">A receipt does not hold. All other answers are stored.</exception>
    /// <exception cref="RpcException">The broker is away, or cannot take a withdrawal now. All other answers are stored.</exception>
    public async Task<bool> RunAsync(CancellationToken stopping)
    {
        if (age.IsBehind) return false;
        bool progressed = false;
        Exception? first = null;
        foreach (OutboxWithdrawal withdrawal in await store.ReadOpenWithdrawalsAsync(stopping))
        {
            try
            {
                if (await AskAsync(withdrawal, stopping) is not { } answered) continue;
                await store.UpdateWithdrawalAsync(answered, stopping);
                if (answered.Receipt is not null) await forks.CompareReceiptAsync(answered.Receipt, stopping);
                progressed = true;
            }
            catch (RpcException away) when (away.StatusCode is StatusCode.Unavailable or StatusCode.Cancelled)
            {
                throw;
            }
            catch (Exception fault) when (fault is RpcException or ReceiptRefusedException)
            {
                first ??= fault;
            }
        }

        return first is null ? progressed : throw first;
    }

    /// <summary>The withdrawal as answered; null while its publication is still under way and comes first.</summary>
    private async Task<OutboxWithdrawal?> AskAsync(OutboxWithdrawal withdrawal, CancellationToken stopping)
    {
        V1.WithdrawRequest request = V1.WithdrawRequest.Parser.ParseFrom(withdrawal.Request);
        V1.Receipt receipt;
        try
        {
            V1.WithdrawResponse response = await _broker.WithdrawAsync(request, deadline: CallDeadline.After(Patience), cancellationToken: stopping);
            receipt = response.Receipt ?? new V1.Receipt();
        }
        catch (RpcException fault) when (fault.StatusCode is StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.PermissionDenied)
        {
            if (await store.FindOutboxAsync(withdrawal.Record, stopping) is { State: OutboxState.Sealed }) return null;
            return withdrawal with { Refusal = fault.ToRefusal("broker").ToDetail().ToByteArray() };
        }

        await CheckAsync(withdrawal.Record, request, receipt, stopping);
        return withdrawal with { Receipt = receipt.ToByteArray() };
    }

    private async Task CheckAsync(RecordId record, V1.WithdrawRequest request, V1.Receipt receipt, CancellationToken stopping)
    {
        // Circle and epoch as this node published the record, not as the receipt says: it would say one that nobody here can check.
        OutboxRow? row = await store.FindOutboxAsync(record, stopping);
        NodeView now = view();
        CircleRoute? circle = row is null || EpochOf(row) is not { } epoch ? null : RouteOf(row.Circle, epoch, now);
        if (circle is null) circle = await store.FindRecordAsync(record, stopping) is { } held ? RouteOf(held.Circle, held.Epoch, now) : null;
        Refusal? fault = circle is null
            ? ReceiptCheck.Uncheckable(request.RecordId)
            : ReceiptCheck.FaultOf(receipt, request, circle, now.State);
        if (fault is not null) throw new ReceiptRefusedException(fault, receipt.ToByteArray());
    }

    private static CircleRoute? RouteOf(CircleId circle, uint epoch, NodeView now) => now.Keyring.FindRouteKey(circle, epoch) is { } key ? new CircleRoute(circle, epoch, key) : null;

    private static uint? EpochOf(OutboxRow row)
    {
        if (row.Submission is not null) return V1.Submission.Parser.ParseFrom(row.Submission).Epoch;
        return row.Receipt is null ? null : V1.Entry.Parser.ParseFrom(V1.Receipt.Parser.ParseFrom(row.Receipt).Entry).RecordPublished.Epoch;
    }
}
