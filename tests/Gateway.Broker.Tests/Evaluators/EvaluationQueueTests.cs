using Gateway.Broker.Evaluators;
using Gateway.Protocol;
using Gateway.Protocol.Errors;

namespace Gateway.Broker.Tests.Evaluators;

public sealed class EvaluationQueueTests
{
    private static readonly MemberId Busy = Member(1), Quiet = Member(2), Third = Member(3);

    [Fact]
    public async Task Members_are_served_in_turn_however_much_one_of_them_asks()
    {
        EvaluationQueue queue = new(1, 16, TimeProvider.System);
        using ManualResetEventSlim gate = new();
        List<string> served = [];
        Task<int> first = Ask(queue, Busy, () => gate.Wait());
        List<Task> waiting = [.. Enumerable.Range(0, 5).Select(i => Ask(queue, Busy, () => served.Add($"busy {i}")))];
        waiting.Add(Ask(queue, Quiet, () => served.Add("quiet 0")));
        waiting.Add(Ask(queue, Third, () => served.Add("third 0")));
        waiting.Add(Ask(queue, Quiet, () => served.Add("quiet 1")));
        Assert.Equal(8, queue.Count);
        gate.Set();
        await Task.WhenAll([first, .. waiting]);
        Assert.Equal(["busy 0", "quiet 0", "third 0", "busy 1", "quiet 1", "busy 2", "busy 3", "busy 4"], served);
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public async Task Who_has_too_much_waiting_is_told_when_to_come_back_and_the_others_are_not()
    {
        EvaluationQueue queue = new(1, 2, TimeProvider.System);
        using ManualResetEventSlim gate = new();
        Task<int>[] asked = [Ask(queue, Busy, () => gate.Wait()), Ask(queue, Busy, () => { }), Ask(queue, Busy, () => { })];
        Refusal refusal = (await Assert.ThrowsAsync<RefusalException>(() => Ask(queue, Busy, () => { }))).Refusal;
        Assert.Equal((Grpc.Core.StatusCode.ResourceExhausted, "EVALUATIONS_QUEUED"), (refusal.Status, refusal.Code));
        Assert.InRange(refusal.RetryAfter!.Value, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));
        Assert.Equal(refusal.RetryAfter, Refusal.FromDetail(refusal.ToDetail()).RetryAfter);
        Task<int> other = Ask(queue, Quiet, () => { });
        gate.Set();
        await Task.WhenAll([.. asked, other]);
    }

    [Fact]
    public async Task Who_goes_away_or_fails_does_not_keep_a_processor()
    {
        EvaluationQueue queue = new(1, 16, TimeProvider.System);
        using ManualResetEventSlim gate = new();
        using CancellationTokenSource gone = new();
        Task<int> first = Ask(queue, Busy, () => gate.Wait());
        Task<int> leaving = queue.RunAsync(Quiet, () => 1, gone.Token);
        Task<int> failing = Ask(queue, Third, () => throw new InvalidOperationException("broken"));
        Task<int> last = Ask(queue, Busy, () => { });
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        gate.Set();
        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        await Task.WhenAll(first, last);
        Assert.Equal(7, await queue.RunAsync(Quiet, () => 7, CancellationToken.None));
    }

    private static Task<int> Ask(EvaluationQueue queue, MemberId member, Action work) => queue.RunAsync(
        member,
        () =>
        {
            work();
            return 0;
        },
        CancellationToken.None);

    private static MemberId Member(byte number) => MemberId.FromBytes([.. Enumerable.Repeat(number, MemberId.Size)]);
}
