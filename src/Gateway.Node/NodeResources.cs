namespace Gateway.Node;

/// <summary>What a node holds open: taken in order, given back in reverse, the folder's lock last. Also where building it fails half-way.</summary>
public sealed class NodeResources : IAsyncDisposable
{
    private readonly Stack<object> _held = new();

    /// <summary>Keeps something to be disposed in the end.</summary>
    public T Keep<T>(T resource)
        where T : class
    {
        _held.Push(resource);
        return resource;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        while (_held.TryPop(out object? resource))
        {
            if (resource is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
            else ((IDisposable)resource).Dispose();
        }
    }
}
