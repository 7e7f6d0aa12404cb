using System.Collections.Concurrent;
using Gateway.Broker.Access;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Broker.Hosting;

/// <summary>
/// Shares the connections between strangers and members: strangers, and whoever has not finished its handshake, have a quarter of them between them; each member has so many of its
/// own. So neither a crowd of strangers nor one member keeps the others out.
/// </summary>
/// <param name="identifier">Knows who shows a certificate.</param>
/// <param name="strangers">Connections of strangers at once.</param>
/// <param name="perMember">Connections of one member at once.</param>
public sealed class ConnectionShares(PeerIdentifier identifier, int strangers, int perMember)
{
    private readonly ConcurrentDictionary<MemberId, Share> _members = new();
    private readonly Share _strangers = new(strangers);

    /// <summary>Before the handshake: everybody is a stranger.</summary>
    public ConnectionDelegate Arriving(ConnectionDelegate next) => async connection =>
    {
        if (!_strangers.TryTake())
        {
            connection.Abort();
            return;
        }

        Place place = new(_strangers);
        connection.Items[typeof(Place)] = place;
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            place.GiveBack();
        }
    };

    /// <summary>After the handshake: who shows a member's certificate takes of that member's share, and an operator of none.</summary>
    public ConnectionDelegate Known(ConnectionDelegate next) => async connection =>
    {
        Place place = (Place)connection.Items[typeof(Place)]!;
        if (Identify(connection) is { } peer)
        {
            Share? own = peer.Member is { } member ? _members.GetOrAdd(member, _ => new Share(perMember)) : null;
            if (own?.TryTake() == false)
            {
                connection.Abort();
                return;
            }

            place.Move(own);
        }

        await next(connection).ConfigureAwait(false);
    };

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

        public bool TryTake()
        {
            if (Interlocked.Increment(ref _taken) <= most) return true;
            Interlocked.Decrement(ref _taken);
            return false;
        }

        public void GiveBack() => Interlocked.Decrement(ref _taken);
    }

    // Used by one connection, one step after the other.
    private sealed class Place(Share share)
    {
        private Share? _share = share;

        public void Move(Share? to)
        {
            _share?.GiveBack();
            _share = to;
        }

        public void GiveBack() => Move(null);
    }
}
