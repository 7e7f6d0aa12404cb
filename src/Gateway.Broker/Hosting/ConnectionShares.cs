using System.Collections.Concurrent;
using System.Net;
using Gateway.Broker.Access;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Broker.Hosting;

/// <summary>
/// Shares the connections between strangers and members. Half of all may be in their handshake at once, one address having half of these; after it strangers have a quarter of all
/// between them, and each member so many of its own. So neither a crowd of strangers nor one member keeps the others out.
/// </summary>
/// <param name="identifier">Knows who shows a certificate.</param>
/// <param name="all">Connections at once.</param>
/// <param name="perMember">Connections of one member at once.</param>
public sealed class ConnectionShares(PeerIdentifier identifier, int all, int perMember)
{
    private const int MostAddresses = 10_000;

    private readonly ConcurrentDictionary<MemberId, Share> _members = new();
    private readonly ConcurrentDictionary<IPAddress, Share> _addresses = new();
    private readonly Share _arriving = new(Math.Max(1, all / 2));
    private readonly Share _strangers = new(Math.Max(1, all / 4));

    /// <summary>Before the handshake: nobody is known yet.</summary>
    public ConnectionDelegate Arriving(ConnectionDelegate next) => async connection =>
    {
        if (_addresses.Count > MostAddresses) Forget();
        Share address = _addresses.GetOrAdd(AddressGroup.Of((connection.RemoteEndPoint as IPEndPoint)?.Address), _ => new Share(Math.Max(1, all / 4)));
        using Place place = new();
        if (!place.TryMove(_arriving, address))
        {
            connection.Abort();
            return;
        }

        connection.Items[typeof(Place)] = place;
        await next(connection).ConfigureAwait(false);
    };

    /// <summary>After the handshake: who shows a member's certificate takes of that member's share, an operator of none, everybody else of the strangers'.</summary>
    public ConnectionDelegate Known(ConnectionDelegate next) => async connection =>
    {
        Place place = (Place)connection.Items[typeof(Place)]!;
        Share[] shares = Identify(connection) is { } peer ? peer.Member is { } member ? [_members.GetOrAdd(member, _ => new Share(perMember))] : [] : [_strangers];
        if (!place.TryMove(shares))
        {
            connection.Abort();
            return;
        }

        await next(connection).ConfigureAwait(false);
    };

    private void Forget()
    {
        foreach ((IPAddress address, Share share) in _addresses)
        {
            if (share.IsFree) _addresses.TryRemove(address, out _);
        }
    }

    private Peer? Identify(ConnectionContext connection)
    {
        try
        {
            return identifier.Identify(connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate);
        }
        catch (RefusalException)
        {
            return null; // The calls are told why.
        }
    }

    private sealed class Share(int most)
    {
        private int _taken;

        public bool IsFree => Volatile.Read(ref _taken) == 0;

        public bool TryTake()
        {
            if (Interlocked.Increment(ref _taken) <= most) return true;
            Interlocked.Decrement(ref _taken);
            return false;
        }

        public void GiveBack() => Interlocked.Decrement(ref _taken);
    }

    // Used by one connection, one step after the other.
    private sealed class Place : IDisposable
    {
        private Share[] _held = [];

        /// <summary>Takes places of other shares for those that are held; holds none where one of them is full.</summary>
        public bool TryMove(params Share[] shares)
        {
            Dispose();
            List<Share> taken = [];
            foreach (Share share in shares)
            {
                if (share.TryTake())
                {
                    taken.Add(share);
                    continue;
                }

                foreach (Share one in taken) one.GiveBack();
                return false;
            }

            _held = [.. taken];
            return true;
        }

        public void Dispose()
        {
            foreach (Share share in _held) share.GiveBack();
            _held = [];
        }
    }
}
