namespace Gateway.Node.Broker;

/// <summary>
/// The addresses of one broker, each a replica that answers any call: which is in use, which failed lately, and when it is time to try another. A node begins at one at random, so that load spreads; the order in
/// which they are listed means nothing.
/// </summary>
/// <param name="addresses">All of them, at least one.</param>
/// <param name="time">Clock.</param>
/// <param name="random">What spreads nodes over addresses and retries over time.</param>
public sealed class BrokerAddresses(IReadOnlyList<Uri> addresses, TimeProvider time, Random random)
{
    /// <summary>How long an address that failed is no longer chosen to begin at.</summary>
    private static readonly TimeSpan Mistrust = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(4);

    private readonly Lock _lock = new();
    private readonly DateTimeOffset[] _failedAt = [.. addresses.Select(_ => DateTimeOffset.MinValue)];
    private int _first = random.Next(addresses.Count);
    private TimeSpan _pause;
    private DateTimeOffset _nextMove;
    private volatile bool _isMoving;

    /// <summary>Whether there is more than one.</summary>
    public bool AreSeveral => addresses.Count > 1;

    /// <summary>All, in the order in which to try them now: the one in use first, then the others, those that failed last at the end.</summary>
    public IReadOnlyList<Uri> InOrder()
    {
        lock (_lock)
        {
            return [.. Enumerable.Range(0, addresses.Count).OrderBy(index => index == _first ? 0 : 1).ThenBy(index => _failedAt[index]).Select(index => addresses[index])];
        }
    }

    /// <summary>An address was reached: it is the one in use.</summary>
    public void Reached(Uri address)
    {
        lock (_lock)
        {
            _first = IndexOf(address);
            _failedAt[_first] = DateTimeOffset.MinValue;
        }
    }

    /// <summary>An address could not be reached; whoever tries goes on to the next by himself.</summary>
    public void Missed(Uri address)
    {
        lock (_lock)
        {
            _failedAt[IndexOf(address)] = time.GetUtcNow();
        }
    }

    /// <summary>
    /// The address in use refuses, or was lost: whether to go over to another now. At once the first time; when the others refuse as well, ever more seldom, so that a network without its database is not hunted round
    /// its brokers.
    /// </summary>
    public bool Leave(Uri address)
    {
        lock (_lock)
        {
            int index = IndexOf(address);
            DateTimeOffset now = time.GetUtcNow();
            _failedAt[index] = now;
            if (!AreSeveral || index != _first || now < _nextMove) return false;
            _first = Enumerable.Range(0, addresses.Count).Where(other => other != index).OrderBy(other => _failedAt[other]).ThenBy(_ => random.Next()).First();
            _pause = _pause == TimeSpan.Zero ? FirstPause : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            _nextMove = now + (_pause * (0.5 + random.NextDouble()));
            _isMoving = true;
            return true;
        }
    }

    /// <summary>A call was answered: the next failure moves at once again.</summary>
    public void Answered()
    {
        if (!_isMoving) return;
        lock (_lock)
        {
            _isMoving = false;
            _pause = TimeSpan.Zero;
            _nextMove = DateTimeOffset.MinValue;
        }
    }

    /// <summary>Begins anew at one of those that did not fail lately: a replica that was away for a while gets its share of the nodes again.</summary>
    public void Spread()
    {
        lock (_lock)
        {
            DateTimeOffset trusted = time.GetUtcNow() - Mistrust;
            int[] sound = [.. Enumerable.Range(0, addresses.Count).Where(index => _failedAt[index] < trusted)];
            if (sound.Length > 0) _first = sound[random.Next(sound.Length)];
        }
    }

    private int IndexOf(Uri address)
    {
        for (int index = 0; index < addresses.Count; index++)
        {
            if (addresses[index] == address) return index;
        }

        throw new ArgumentException($"{address} is none of the broker's addresses.", nameof(address));
    }
}
