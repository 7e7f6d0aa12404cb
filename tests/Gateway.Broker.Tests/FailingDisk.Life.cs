using Gateway.Protocol;
using Gateway.Storage.Broker;

namespace Gateway.Broker.Tests;

internal sealed partial class FailingDisk
{
    public ValueTask SaveAcknowledgementAsync(StoredAcknowledgement acknowledgement, CancellationToken cancellation) => store.SaveAcknowledgementAsync(acknowledgement, cancellation);

    public ValueTask<IReadOnlyList<StoredAcknowledgement>> ListAcknowledgementsAsync(CancellationToken cancellation) => store.ListAcknowledgementsAsync(cancellation);

    public ValueTask AddMilestoneAsync(LogMilestone milestone, CancellationToken cancellation) => store.AddMilestoneAsync(milestone, cancellation);

    public ValueTask<IReadOnlyList<LogMilestone>> ReadMilestonesAsync(CancellationToken cancellation) => store.ReadMilestonesAsync(cancellation);

    public ValueTask ForgetMilestonesAsync(DateTimeOffset before, CancellationToken cancellation) => store.ForgetMilestonesAsync(before, cancellation);

    public ValueTask<ulong?> ReadLastWithdrawalAsync(CancellationToken cancellation) => store.ReadLastWithdrawalAsync(cancellation);

    public ValueTask<(long Count, ulong? First)> CountWithdrawalsAsync(CircleId circle, ulong from, CancellationToken cancellation) => store.CountWithdrawalsAsync(circle, from, cancellation);

    public ValueTask<long> CountExpiredAsync(CircleId circle, UtcDay from, UtcDay to, CancellationToken cancellation) => store.CountExpiredAsync(circle, from, to, cancellation);

    public ValueTask<bool> SaveFindingAsync(StoredFinding finding, CancellationToken cancellation) => store.SaveFindingAsync(finding, cancellation);

    public ValueTask<IReadOnlyList<StoredFinding>> ListFindingsAsync(int most, CancellationToken cancellation) => store.ListFindingsAsync(most, cancellation);

    public ValueTask ForgetFindingAsync(CircleId circle, ulong size, CancellationToken cancellation) => store.ForgetFindingAsync(circle, size, cancellation);

    public ValueTask<bool> AddMisbindAsync(StoredMisbind report, CancellationToken cancellation) => store.AddMisbindAsync(report, cancellation);

    public ValueTask<IReadOnlyList<MisbindTally>> ListMisbindsAsync(int most, CancellationToken cancellation) => store.ListMisbindsAsync(most, cancellation);
}
