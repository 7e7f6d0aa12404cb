namespace Gateway.Protocol.Identity;

/// <summary>The certificate authorities that the log names, parsed once for each list that it has had: every call and every batch asks.</summary>
public sealed class LoggedAuthorities
{
    private volatile Known _known = new([], new AuthoritySet([]));

    /// <summary>The set for a list; the same object as long as the list has the same certificates.</summary>
    /// <param name="list">Certificates, X.509 DER, as <see cref="Log.NetworkState.Authorities"/> has them.</param>
    public AuthoritySet Of(IReadOnlyList<ReadOnlyMemory<byte>> list)
    {
        Known known = _known;
        if (ReferenceEquals(known.List, list) || (known.List.Count == list.Count && known.List.Zip(list).All(pair => pair.First.Span.SequenceEqual(pair.Second.Span)))) return known.Set;
        _known = known = new Known(list, AuthoritySet.FromDer(list));
        return known.Set;
    }

    private sealed record Known(IReadOnlyList<ReadOnlyMemory<byte>> List, AuthoritySet Set);
}
