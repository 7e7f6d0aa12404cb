using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Secrets;

namespace Gateway.Broker.Evaluators;

/// <summary>
/// The shares this evaluator holds: the one the log names, while keys change hands the one that is to follow it, and for a while the one before. A call names the public key it wants, so an
/// evaluation is never made under another key than its caller verifies it with. Safe to use from several threads at once.
/// </summary>
public sealed class ShareRing : IDisposable
{
    /// <summary>How long the share before the log's present one answers: nodes that have not read the newest entry yet ask for it.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly string _name;
    private readonly ShareFile _file;
    private readonly TimeProvider _time;

    // An evaluation under way may still use it: its memory is zeroed when the ring closes.
    private readonly List<OprfShare> _retired = [];
    private OprfShare[] _shares;
    private (string Hash, DateTimeOffset Since)? _announced;

    private ShareRing(string name, ShareFile file, TimeProvider time, OprfShare[] shares)
    {
        _name = name;
        _file = file;
        _time = time;
        _shares = shares;
    }

    /// <summary>How many shares are held now.</summary>
    public int Count => Volatile.Read(ref _shares).Length;

    /// <summary>Opens the shares in a file, with one that is derived from a seed where there is one.</summary>
    /// <param name="name">The evaluator's name in the log.</param>
    /// <param name="path">The file; it need not exist.</param>
    /// <param name="secrets">Opens and seals it.</param>
    /// <param name="derived">The seed's share, or null.</param>
    /// <param name="random">Nonces of proofs.</param>
    /// <param name="time">Ends the overlap.</param>
    public static ShareRing Open(string name, string path, SecretFolder secrets, OprfShare? derived, RandomSource random, TimeProvider time)
    {
        ShareFile file = new(path, secrets, random);
        List<OprfShare> shares = file.Read();
        if (derived is not null) shares.Insert(0, derived);
        return new ShareRing(name, file, time, [.. shares]);
    }

    /// <summary>Whether a share is in use.</summary>
    public bool Holds(OprfShare share) => Volatile.Read(ref _shares).Contains(share);

    /// <summary>The share that the log names for this evaluator; null where it holds none such.</summary>
    public OprfShare? Announced(OprfKeys announced) => Volatile.Read(ref _shares).FirstOrDefault(share => share.IsAnnouncedBy(announced, _name));

    /// <summary>The share with a public key of a class.</summary>
    public OprfShare? Find(uint version, IdentifierClass identifierClass, RistrettoElement publicKey) =>
        Volatile.Read(ref _shares).FirstOrDefault(share => share.Version == version && share.PublicKeyOf(identifierClass) == publicKey);

    /// <summary>Takes a share into use, on disk first. One that is held already is not taken again; the ring owns what it is given.</summary>
    public void Add(OprfShare share)
    {
        lock (_lock)
        {
            if (_shares.Any(held => held.HasSameKeys(share)))
            {
                share.Dispose();
                return;
            }

            OprfShare[] next = [.. _shares, share];
            _file.Write(next);
            Volatile.Write(ref _shares, next);
        }
    }

    /// <summary>
    /// Destroys the shares that the log has left behind, once its present entry has been read for <see cref="Overlap"/>. A share made to replace the present entry stays: another evaluator may have
    /// accepted its counterpart, and the entry that names both may be on its way.
    /// </summary>
    /// <returns>How many were destroyed.</returns>
    public int Retire(OprfKeys announced)
    {
        byte[] hash = OprfKeySet.HashOf(announced);
        lock (_lock)
        {
            DateTimeOffset now = _time.GetUtcNow();
            string name = Convert.ToHexString(hash);
            if (_announced?.Hash != name) _announced = (name, now);
            if (now - _announced.Value.Since < Overlap) return 0;

            // Without the share that the log names nothing is certain: all are kept.
            if (!_shares.Any(share => share.IsAnnouncedBy(announced, _name))) return 0;
            OprfShare[] kept = [.. _shares.Where(share => share.IsAnnouncedBy(announced, _name) || share.Replaces.Span.SequenceEqual(hash) || share.Version > announced.Version)];
            OprfShare[] gone = [.. _shares.Except(kept)];
            if (gone.Length == 0) return 0;
            _file.Write(kept);
            Volatile.Write(ref _shares, kept);
            foreach (OprfShare share in gone) _retired.Add(share);
            return gone.Length;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (OprfShare share in _shares.Concat(_retired)) share.Dispose();
            _shares = [];
            _retired.Clear();
        }
    }
}
