using System.Text;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Identity;

/// <summary>
/// The certificate authorities that this node trusts: those that the log names, which it follows under the pinned Genesis; before the first entry those of the invitation. Beside them one that
/// people have trusted by hand (`gateway node trust`), until the log names it: the way back for a node that was away while the authority changed. The broker cannot change them but by the log.
/// </summary>
public sealed class NodeAuthorities
{
    private readonly NodeDirectory _directory;
    private readonly ILogger<NodeAuthorities> _logger;
    private readonly Lock _gate = new();
    private readonly LoggedAuthorities _reader = new();
    private bool _isLogged;
    private volatile AuthoritySet _fromLog;
    private volatile AuthoritySet _current;
    private volatile AuthoritySet? _byHand;

    /// <summary>Reads the files, and the state as far as the log is known.</summary>
    /// <exception cref="Protocol.Errors.RefusalException">The files hold no certificate.</exception>
    public NodeAuthorities(NodeDirectory directory, NetworkState state, ILogger<NodeAuthorities> logger)
    {
        _directory = directory;
        _logger = logger;
        _fromLog = _current = AuthoritySet.FromPem(File.ReadAllText(directory.AuthorityFile));
        Follow(state);
    }

    /// <summary>Who is trusted now.</summary>
    public AuthoritySet Current => _current;

    /// <summary>What people have trusted by hand and the log does not name yet; else null. A certificate of an older authority is of no use to a node that needs it.</summary>
    public AuthoritySet? ByHand => _byHand;

    /// <summary>Trusts what the log says now, and what people have trusted by hand.</summary>
    public void Follow(NetworkState state)
    {
        lock (_gate)
        {
            if (state.Authorities.Count > 0 && _reader.Of(state.Authorities) is var named && !ReferenceEquals(named, _fromLog))
            {
                string pem = named.ToPem();
                if (pem != File.ReadAllText(_directory.AuthorityFile)) NodeDirectory.WriteWhole(_directory.AuthorityFile, Encoding.ASCII.GetBytes(pem));
                if (_isLogged) NodeEvents.AuthoritiesChanged(_logger, string.Join(", ", named.Authorities.Select(authority => AuthoritySet.Fingerprint(authority)[..16])));
                (_isLogged, _fromLog, _current) = (true, named, named);
            }

            if (!File.Exists(_directory.TrustedFile)) return;
            AuthoritySet byHand = AuthoritySet.FromPem(File.ReadAllText(_directory.TrustedFile)), both = _fromLog.With(byHand);
            bool isInLog = both.Authorities.Count == _fromLog.Authorities.Count;
            if (isInLog) File.Delete(_directory.TrustedFile);
            (_current, _byHand) = (both, isInLog ? null : byHand);
        }
    }
}
