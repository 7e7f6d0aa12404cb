namespace Gateway.Storage.Broker;

/// <summary>The log does not end where an append continues it: another broker on the same store has extended it. Nothing of the append has happened; read the log's end and build on that.</summary>
/// <param name="size">Leaves the append builds on.</param>
public sealed class LogMovedException(ulong size) : Exception($"The log does not end at leaf {size} any more: another broker has extended it.")
{
    /// <summary>Leaves the append builds on.</summary>
    public ulong Size { get; } = size;
}
