using System.Buffers.Binary;
using System.Collections.Concurrent;
using Gateway.Cryptography;
using Gateway.Storage.Node;

namespace Gateway.Node.Contributions;

/// <summary>
/// When a draft may be sealed: at a random moment of its circle's release window, so that an upload does not come out in one piece and in its own order (protocol §6); and, after a refusal
/// for a stale epoch, not before this node has read a newer one. Kept in memory: drawn anew after a restart, the moment lies in the same window.
/// </summary>
public sealed class ReleaseSchedule(RandomSource random, TimeProvider time)
{
    private readonly ConcurrentDictionary<long, DateTimeOffset> _releases = new();
    private readonly ConcurrentDictionary<long, uint> _refusedEpochs = new();

    /// <summary>Whether a draft may be sealed now.</summary>
    /// <param name="row">The draft.</param>
    /// <param name="windowSeconds">The circle's release window.</param>
    /// <param name="epoch">The epoch it would be sealed under.</param>
    public bool IsDue(OutboxRow row, uint windowSeconds, uint epoch)
    {
        if (_refusedEpochs.TryGetValue(row.Id, out uint refused) && epoch <= refused) return false;
        if (windowSeconds == 0) return true;
        return time.GetUtcNow() >= _releases.GetOrAdd(row.Id, _ => row.CreatedAt + Draw(windowSeconds));
    }

    /// <summary>The broker refused a record of this row because its epoch is over.</summary>
    public void RefusedEpoch(OutboxRow row, uint epoch) => _refusedEpochs[row.Id] = epoch;

    /// <summary>The row is sealed: nothing of it is waited for any more.</summary>
    public void Released(OutboxRow row)
    {
        _releases.TryRemove(row.Id, out _);
        _refusedEpochs.TryRemove(row.Id, out _);
    }

    /// <summary>Puts rows into a random order.</summary>
    public void Shuffle<T>(T[] rows)
    {
        for (int i = rows.Length - 1; i > 0; i--)
        {
            int other = (int)(Fraction() * (i + 1));
            (rows[i], rows[other]) = (rows[other], rows[i]);
        }
    }

    private TimeSpan Draw(uint windowSeconds) => TimeSpan.FromSeconds(windowSeconds) * Fraction();

    // 0 ≤ … < 1, in steps of 2^-32.
    private double Fraction() => BinaryPrimitives.ReadUInt32BigEndian(random.GetBytes(4)) / 4_294_967_296.0;
}
