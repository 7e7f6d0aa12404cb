using System.Reflection;
using Gateway.Storage;
using Gateway.Storage.Node;

namespace Gateway.Node.Tests.Building;

/// <summary>The real store on a disk that can be told to refuse a kind of write.</summary>
public class FailingDisk : DispatchProxy
{
    private INodeStore _store = null!;
    private Func<string, bool> _refuses = _ => false;

    /// <summary>Wraps a store; asked with the name of each operation whether it fails.</summary>
    internal static INodeStore Around(INodeStore store, Func<string, bool> refuses)
    {
        INodeStore wrapped = Create<INodeStore, FailingDisk>();
        ((FailingDisk)(object)wrapped)._store = store;
        ((FailingDisk)(object)wrapped)._refuses = refuses;
        return wrapped;
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (_refuses(targetMethod!.Name)) throw new StoreUnavailableException("The disk is full.", new IOException("No space left on device"));
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
