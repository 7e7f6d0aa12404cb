using Gateway.Node.Contributions;

namespace Gateway.Node.Cases;

/// <summary>Tells the courier that there is something to send, and how many messages have come.</summary>
public sealed class CaseSignals(TimeProvider time)
{
    private int _arrivals;

    /// <summary>Set when a message was written.</summary>
    public WorkSignal Written { get; } = new(time);

    /// <summary>Messages that came since the node started.</summary>
    public int Arrivals => Volatile.Read(ref _arrivals);

    /// <summary>Notes that one came.</summary>
    public void Arrived() => Interlocked.Increment(ref _arrivals);
}
