using System.Reflection;
using Gateway.Protocol;
using Gateway.Storage.Node;

namespace Gateway.Node.Tests.Life;

/// <summary>What is wrong with a node that a model is to find out.</summary>
public enum Defect
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Withdrawals change nothing in its store.</summary>
    IgnoresWithdrawals,

    /// <summary>It takes the day after the last for the last one.</summary>
    ExpiresADayLate,

    /// <summary>A part of the log that comes twice is applied twice.</summary>
    AppliesReplays,
}

/// <summary>The real store behind a node with a defect: what the node asks of it is changed on the way.</summary>
public class BrokenStore : DispatchProxy
{
    private INodeStore _store = null!;
    private Defect _defect;

    /// <summary>Wraps a store.</summary>
    internal static INodeStore Around(INodeStore store, Defect defect)
    {
        INodeStore wrapped = Create<INodeStore, BrokenStore>();
        ((BrokenStore)(object)wrapped)._store = store;
        ((BrokenStore)(object)wrapped)._defect = defect;
        return wrapped;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        switch (_defect, targetMethod!.Name)
        {
            case (Defect.IgnoresWithdrawals, nameof(INodeStore.ApplyAsync)):
                FeedApply apply = (FeedApply)args![0]!;
                args[0] = apply with { Ended = [.. apply.Ended.Where(ended => ended.State != NodeRecordState.Withdrawn)] };
                break;
            case (Defect.ExpiresADayLate, nameof(INodeStore.ReadExpiredAsync)):
                args![0] = new UtcDay(((UtcDay)args[0]!).Number - 1);
                break;
        }

        // A program that did not look whether a record had been there before.
        if (_defect == Defect.AppliesReplays && targetMethod.Name == nameof(INodeStore.FindSeenAsync)) return new ValueTask<SeenRecords>(new SeenRecords(new HashSet<RecordId>(), new HashSet<string>()));
        try
        {
            return targetMethod.Invoke(_store, args);
        }
        catch (TargetInvocationException thrown)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown.InnerException!);
            throw;
        }
    }
}
