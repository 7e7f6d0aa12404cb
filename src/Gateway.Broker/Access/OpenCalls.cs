using System.Collections.Concurrent;
using System.Globalization;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Grpc.Core;

namespace Gateway.Broker.Access;

/// <summary>
/// The calls that are open for each member and evaluator: at most so many at once, so that one member cannot take the broker from the others, and each with the means to cut it when the member's
/// standing changes (TLS looks at a certificate only at the handshake).
/// </summary>
/// <param name="identifier">Knows who is served.</param>
/// <param name="limits">How many at once.</param>
public sealed class OpenCalls(PeerIdentifier identifier, CallLimits limits)
{
    private readonly ConcurrentDictionary<string, Ledger> _callers = new(StringComparer.Ordinal);

    /// <summary>Takes a place for a member's or an evaluator's call; given back by disposing of it.</summary>
    /// <exception cref="RefusalException">TOO_MANY_STREAMS or TOO_MANY_CALLS.</exception>
    public OpenCall Enter(Peer peer, bool isStream)
    {
        Ledger ledger = _callers.GetOrAdd(peer.Evaluator is { } evaluator ? KeyOf(evaluator) : KeyOf(peer.RequireMember()), _ => new Ledger());
        int most = isStream ? limits.StreamsPerMember : limits.CallsPerMember;
        OpenCall call = new(peer, open => ledger.Leave(open), isStream);
        if (ledger.TryEnter(call, most)) return call;
        call.Dispose();
        throw new RefusalException(Refusal.Exhausted(
            isStream ? "TOO_MANY_STREAMS" : "TOO_MANY_CALLS",
            string.Create(CultureInfo.InvariantCulture, $"The caller has {most} {(isStream ? "streams" : "calls")} open at once, as many as it may."), isStream ? "streams" : "calls", "End some, or wait until they end."));
    }

    /// <summary>How many calls a member has open.</summary>
    public int CountOf(MemberId member) => _callers.TryGetValue(KeyOf(member), out Ledger? ledger) ? ledger.Count : 0;

    /// <summary>Cuts the calls of every member that is not served any more.</summary>
    public void CutUnserved()
    {
        foreach (Ledger ledger in _callers.Values)
        {
            foreach (OpenCall call in ledger.Open)
            {
                if (identifier.RefusalOf(call.Peer.Id!) is { } refusal) call.Cut(refusal);
            }
        }
    }

    private static string KeyOf(MemberId member) => $"member {member}";

    private static string KeyOf(string evaluator) => $"evaluator {evaluator}";

    private sealed class Ledger
    {
        private readonly Lock _lock = new();
        private readonly HashSet<OpenCall> _open = [];

        public int Count
        {
            get
            {
                lock (_lock) return _open.Count;
            }
        }

        public IReadOnlyList<OpenCall> Open
        {
            get
            {
                lock (_lock) return [.. _open];
            }
        }

        public bool TryEnter(OpenCall call, int most)
        {
            lock (_lock) return _open.Count(other => other.IsStream == call.IsStream) < most && _open.Add(call);
        }

        public void Leave(OpenCall call)
        {
            lock (_lock) _open.Remove(call);
        }
    }
}

/// <summary>One open call of a member or an evaluator.</summary>
public sealed class OpenCall : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _cut = new();
    private readonly Action<OpenCall> _leave;
    private bool _disposed;

    internal OpenCall(Peer peer, Action<OpenCall> leave, bool isStream)
    {
        Peer = peer;
        IsStream = isStream;
        _leave = leave;
        Token = _cut.Token;
    }

    /// <summary>Whose it is.</summary>
    public Peer Peer { get; }

    /// <summary>Whether it is a stream.</summary>
    public bool IsStream { get; }

    /// <summary>Cancelled when the call is cut.</summary>
    public CancellationToken Token { get; }

    /// <summary>Why it was cut, or null.</summary>
    public Refusal? Refusal { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
        }

        // The source has neither timer nor handle, so nothing is left to free; disposing of it could meet a cut under way.
        _leave(this);
    }

    /// <summary>The open call of a context, where a member calls.</summary>
    public static OpenCall? Of(ServerCallContext context) => context.UserState.TryGetValue(typeof(OpenCall), out object? call) ? (OpenCall)call : null;

    internal void AttachTo(ServerCallContext context) => context.UserState[typeof(OpenCall)] = this;

    internal void Cut(Refusal refusal)
    {
        lock (_lock)
        {
            if (_disposed || Refusal is not null) return;
            Refusal = refusal;

            // What waits for the token runs elsewhere: whoever cuts must not run it, and does not wait for it.
            _ = _cut.CancelAsync();
        }
    }
}

/// <summary>How much of the broker one member may take at once.</summary>
/// <param name="StreamsPerMember">Streams.</param>
/// <param name="CallsPerMember">Calls that are no streams.</param>
public sealed record CallLimits(int StreamsPerMember, int CallsPerMember);
