using System.Text;

namespace Grpc.Core;

/// <summary>What the transport proved about the peer.</summary>
public class AuthContext
{
    private readonly Dictionary<string, List<AuthProperty>> properties;

    /// <summary>Proven properties by name, and which name tells who the peer is; null if none does.</summary>
    public AuthContext(string? peerIdentityPropertyName, Dictionary<string, List<AuthProperty>> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        PeerIdentityPropertyName = peerIdentityPropertyName;
        this.properties = properties;
    }

    /// <summary>Whether the transport knows who the peer is.</summary>
    public bool IsPeerAuthenticated => PeerIdentityPropertyName is not null;

    /// <summary>Name of the properties that tell who the peer is; null if none does.</summary>
    public string? PeerIdentityPropertyName { get; }

    /// <summary>Who the peer is, by all names it has; empty if the transport does not know.</summary>
    public IEnumerable<AuthProperty> PeerIdentity => PeerIdentityPropertyName is null ? [] : FindPropertiesByName(PeerIdentityPropertyName);

    /// <summary>All that was proven.</summary>
    public IEnumerable<AuthProperty> Properties => properties.Values.SelectMany(list => list);

    /// <summary>The properties of one name; empty if there are none.</summary>
    public IEnumerable<AuthProperty> FindPropertiesByName(string propertyName) =>
        properties.TryGetValue(propertyName, out List<AuthProperty>? found) ? found : [];
}

/// <summary>One thing the transport proved about the peer.</summary>
public class AuthProperty
{
    private readonly byte[] valueBytes;

    private AuthProperty(string name, byte[] valueBytes)
    {
        Name = name;
        this.valueBytes = valueBytes;
    }

    /// <summary>What kind of thing it is, such as "x509_subject_alternative_name".</summary>
    public string Name { get; }

    /// <summary>The thing as text, read as UTF-8.</summary>
    public string Value => Encoding.UTF8.GetString(valueBytes);

    /// <summary>The thing as bytes: a copy.</summary>
    public byte[] ValueBytes => (byte[])valueBytes.Clone();

    /// <summary>A property with a copy of these bytes.</summary>
    public static AuthProperty Create(string name, byte[] valueBytes)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(valueBytes);
        return new AuthProperty(name, (byte[])valueBytes.Clone());
    }
}
