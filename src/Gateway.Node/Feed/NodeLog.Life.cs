using Gateway.Node.Contributions;
using Gateway.Protocol.Keys;
using Gateway.Storage.Node;

namespace Gateway.Node.Feed;

public sealed partial class NodeLog
{
    private long _endedBelow;

    /// <summary>Set when records have ended, a day has begun, or the circles this member reads have changed: there is something to delete or to acknowledge.</summary>
    public WorkSignal Ended { get; }

    /// <summary>Size of the log with which <see cref="Ended"/> was set last; 0 when not in this run.</summary>
    public ulong EndedBelow => (ulong)Interlocked.Read(ref _endedBelow);

    /// <summary>Called with the size of the log that ended records, once that is stored and before it is visible: a store that is put back after anybody saw them end is known to be older.</summary>
    public Action<ulong> Ending { get; set; } = _ => { };

    /// <summary>Forgets the key of an epoch that the store has noted as given up.</summary>
    public async Task RetireAsync(CircleKey key, CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            _view = _view with { Keyring = _view.Keyring.Without(key.Circle, key.Epoch) };
        }
        finally
        {
            _gate.Release();
        }
    }

    private void NoteEnding(BatchOutcome outcome, LeftCircle[] left, ulong size)
    {
        if (outcome.Ended.Count > 0 || outcome.EndedAt.Count > 0 || left.Length > 0) NoteEnding(size);
    }

    private void NoteEnding(ulong size)
    {
        try
        {
            Ending(size);
        }
        catch (IOException)
        {
            // What ended waits for no file. The acknowledger tries again, and says so.
        }
    }

    private void NoteEnd()
    {
        Interlocked.Exchange(ref _endedBelow, (long)_view.Size);
        Ended.Set();
    }
}
